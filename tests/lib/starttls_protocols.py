# SPDX-License-Identifier: ISC
"""What attacks have to know of each protocol that is spoken before TLS."""
import re

MARK = b"injected"


def lines(pattern):
    """A whole answer ends in such a line."""
    last = re.compile(rb"(?:^|\n)(?:" + pattern + rb")[^\n]*\r\n\Z")
    return lambda data: bool(last.search(data))


def one_pdu(data):
    return len(data) > 1 and len(data) >= 2 + data[1]


def ber(tag, *parts):
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


def ldap(number, operation):
    return ber(0x30, bytes([2, 1, number]), operation)


def ldap_search(base):
    return ber(0x63, ber(4, base), b"\x0a\1\0\x0a\1\0\2\1\0\2\1\0\1\1\0",
               ber(0x87, b"objectClass"), b"\x30\0")


def ldap_bind(name, password):
    return ber(0x60, b"\2\1\3", ber(4, name), ber(0x80, password))


LDAP_STARTTLS = ber(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037"))


def postgres(number, rest=b""):
    return (8 + len(rest)).to_bytes(4, "big") + number.to_bytes(4, "big") + rest


class Protocol:
    """What an attack has to know.

    command, go_ahead: that TLS begins with, and what says that it may
    hello:      what a client says before it
    noop:       something harmless
    marked:     something harmless with MARK in it
    parameter:  the command, with one too many
    quit:       the polite end
    whole:      is this a whole answer?
    refusal:    what an answer that says no begins with
    credentials: what a password goes with, each a list of what is said in turn
    state:      what an application remembers
    data:       what is no command though it looks like one: a list of
                what is said in turn
    long:       how what is too long begins; a line: with anything
    greets:     the server speaks first; again: and inside TLS again
    """
    hello = ()
    noop = marked = parameter = quit = None
    credentials = state = data = ()
    long = b""
    greets = line = True
    again = False

    def __init__(self, **facts):
        self.__dict__.update(facts)


SMTP = dict(
    command=b"STARTTLS\r\n", go_ahead=rb"220 ", hello=[b"EHLO client.test\r\n"],
    noop=b"NOOP\r\n", marked=b"MAIL FROM:<injected@client.test>\r\n",
    parameter=b"STARTTLS injected\r\n", quit=b"QUIT\r\n",
    whole=lines(rb"\d\d\d "), refusal=rb"[45]\d\d[ -]",
    credentials=[
        [b"AUTH PLAIN injected\r\n"], [b"auth plain injected\r\n"],
        [b"AUTH LOGIN\r\n"], [b"AUTH PLAIN\r\n"],
        [b"AUTH\tPLAIN injected\r\n"], [b"AUTH  PLAIN injected \r\n"],
    ],
    state=[b"MAIL FROM:<first@client.test>\r\n", b"RCPT TO:<x@app.test>\r\n"],
    data=[
        [b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<c@d>\r\n", b"DATA\r\n",
         b"STARTTLS\r\n\n.\nSTARTTLS\n\0\r\n..\r\nAUTH PLAIN injected\r\n"
         b"STARTTLS\r\n.\r\n"],
        [b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<c@d>\r\n",
         b"BDAT 10\r\nSTARTTLS\r\n", b"BDAT 32 LAST\r\n"
         b"AUTH PLAIN injected\r\nSTARTTLS\r\n\0"],
    ])

PROTOCOLS = {
    "smtp": Protocol(**SMTP),
    "lmtp": Protocol(**{**SMTP, "hello": [b"LHLO client.test\r\n"]}),
    "pop3": Protocol(
        command=b"STLS\r\n", go_ahead=rb"\+OK", noop=b"NOOP\r\n",
        marked=b"XTND injected\r\n", parameter=b"STLS injected\r\n",
        quit=b"QUIT\r\n", whole=lines(rb"\+OK|-ERR|\+ "), refusal=rb"-ERR",
        credentials=[
            [b"USER injected\r\n", b"PASS injected\r\n"],
            [b"user injected\r\n"], [b"PASS injected\r\n"],
            [b"APOP injected 00112233445566778899aabbccddeeff\r\n"],
            [b"AUTH PLAIN injected\r\n"],
            [b"AUTH PLAIN\r\n"],
        ],
        state=[b"STAT\r\n"]),
    "imap": Protocol(
        command=b"a STARTTLS\r\n", go_ahead=rb"a OK", noop=b"n NOOP\r\n",
        marked=b"m NOOP injected\r\n", parameter=b"p STARTTLS injected\r\n",
        quit=b"q LOGOUT\r\n",
        whole=lines(rb"(?!\*)[^ \n]+ (?:OK|NO|BAD)|\+|\* (?:OK|BAD|BYE)"),
        refusal=rb"\S+ (?:NO|BAD|BYE)",
        credentials=[
            [b"c LOGIN injected injected\r\n"],
            [b"c login injected injected\r\n"],
            [b'c LOGIN "injected" {8}\r\n'],
            [b"c LOGIN {8+}\r\ninjected {8+}\r\ninjected\r\n"],
            [b"c AUTHENTICATE PLAIN injected\r\n"],
            [b"c AUTHENTICATE PLAIN\r\n"],
        ],
        state=[b"b SELECT first\r\n"],
        data=[
            [b"d APPEND x {12}\r\n", b"a STARTTLS\r\n\r\n"],
            [b"d APPEND x {12+}\r\na STARTTLS\r\n {29+}\r\n"
             b"c LOGIN injected injected\r\n\0\n\r\n"],
        ]),
    "nntp": Protocol(
        command=b"STARTTLS\r\n", go_ahead=rb"382 ", noop=b"DATE\r\n",
        marked=b"GROUP injected\r\n", parameter=b"STARTTLS injected\r\n",
        quit=b"QUIT\r\n", whole=lines(rb"\d\d\d "), refusal=rb"[45]\d\d ",
        credentials=[
            [b"AUTHINFO USER injected\r\n", b"AUTHINFO PASS injected\r\n"],
            [b"authinfo user injected\r\n"],
            [b"AUTHINFO PASS injected\r\n"],
            [b"AUTHINFO SASL PLAIN injected\r\n"],
            [b"AUTHINFO SASL PLAIN\r\n"],
        ],
        state=[b"MODE READER\r\n", b"GROUP first\r\n"],
        data=[[b"POST\r\n", b"STARTTLS\r\n\n.\n\0\r\n..\r\n"
               b"AUTHINFO USER injected\r\nSTARTTLS\r\n.\r\n"]]),
    "sieve": Protocol(
        command=b"STARTTLS\r\n", go_ahead=rb"OK", noop=b"NOOP\r\n",
        marked=b'HAVESPACE "injected" 1\r\n',
        parameter=b'STARTTLS "injected"\r\n', quit=b"LOGOUT\r\n",
        whole=lines(rb"OK|NO|BYE"), refusal=rb"NO|BYE", again=True,
        credentials=[
            [b'AUTHENTICATE "PLAIN" "injected"\r\n'],
            [b'authenticate "PLAIN" "injected"\r\n'],
            [b'AUTHENTICATE "PLAIN" {8+}\r\ninjected\r\n'],
            [b'AUTHENTICATE {5+}\r\nPLAIN {8+}\r\ninjected\r\n'],
            [b'AUTHENTICATE "PLAIN"\r\n'],
        ],
        state=[b'PUTSCRIPT "first" "keep;"\r\n'],
        data=[[b'PUTSCRIPT "x" {43+}\r\nSTARTTLS\r\n'
               b'AUTHENTICATE "PLAIN" "injected"\r\n\r\n']]),
    "ftp": Protocol(
        command=b"AUTH TLS\r\n", go_ahead=rb"234 ", noop=b"NOOP\r\n",
        marked=b"CWD injected\r\n", parameter=b"AUTH TLS injected\r\n",
        quit=b"QUIT\r\n", whole=lines(rb"\d\d\d "), refusal=rb"[45]\d\d[ -]",
        credentials=[
            [b"USER injected\r\n", b"PASS injected\r\n"],
            [b"user injected\r\n"], [b"PASS injected\r\n"],
            [b"ACCT injected\r\n"],
        ],
        state=[b"CWD first\r\n"]),
    "ldap": Protocol(
        command=ldap(7, LDAP_STARTTLS),
        go_ahead=rb"\x30.\x02\x01\x07\x78.\x0a\x01\x00",
        noop=ldap(5, ldap_search(b"")), marked=ldap(6, ldap_search(MARK)),
        parameter=ldap(8, ber(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037"),
                              ber(0x81, MARK))),
        quit=ldap(9, ber(0x42)), whole=one_pdu,
        refusal=rb"\x30.\x02\x01.[\x61\x65\x78].\x0a\x01[^\x00]",
        credentials=[[ldap(4, ldap_bind(b"cn=x", MARK))]],
        state=[ldap(3, ldap_search(b"cn=first"))],
        long=b"\x30\x84\x00\x20\x00\x00\x02\x01\x01\x63\x84\x00\x1f\xff\xf0",
        greets=False, line=False),
    "postgres": Protocol(
        command=postgres(80877103), go_ahead=rb"S\Z",
        marked=postgres(196608, b"user\0injected\0\0"),
        whole=lambda data: len(data) > 0, refusal=rb"E",
        long=b"\x00\x20\x00\x00\x00\x03\x00\x00user\x00",
        greets=False, line=False),
}
