# SPDX-License-Identifier: ISC
"""certs.py - certificates and CRLs as somebody would make them who wants to.

Written byte by byte (X.690), because no library makes what an attacker
sends: a NUL in a name, an empty value, a serial number of 40 bytes.  Only
keys and signatures are openssl(1)'s.  For make-client-pki and the tests of
client certificates.
"""
import base64
import datetime
import hashlib
import ipaddress
import os
import subprocess

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 1, 2, 3, 4, 5, 6
UTF8, PRINTABLE, T61, IA5 = 0x0C, 0x13, 0x14, 0x16
UTC_TIME, TIME, UNIVERSAL, BMP = 0x17, 0x18, 0x1C, 0x1E
SEQUENCE, SET = 0x30, 0x31

ATTRIBUTES = {
    "CN": "2.5.4.3", "S": "2.5.4.4", "serialNumber": "2.5.4.5",
    "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "street": "2.5.4.9",
    "O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "D": "2.5.4.13",
    "G": "2.5.4.42", "I": "2.5.4.43", "uniqueId": "2.5.4.45",
    "UID": "0.9.2342.19200300.100.1.1", "DC": "0.9.2342.19200300.100.1.25",
    "Email": "1.2.840.113549.1.9.1",
}
NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def openssl(*words, data=None):
    return subprocess.run(("openssl",) + words, input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


# ------------------------------------------------------------------- DER

def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 + len(length))) + length + body


def integer(number):
    return der(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big",
                                        signed=True))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for number in [40 * first + second] + rest:
        base = bytes((number & 127,))
        while number := number >> 7:
            base = bytes((number & 127 | 128,)) + base
        out += base
    return der(OID, out)


def moment(when):
    if when.year < 2050:
        return der(UTC_TIME, when.strftime("%y%m%d%H%M%SZ").encode())
    return der(TIME, when.strftime("%Y%m%d%H%M%SZ").encode())


def days(number):
    return NOW + datetime.timedelta(days=number)


def string(text, tag=UTF8):
    """bytes as they are; text in the encoding of its type"""
    if isinstance(text, str):
        text = text.encode({BMP: "utf-16-be", UNIVERSAL: "utf-32-be",
                            T61: "latin-1"}.get(tag, "utf-8"))
    return der(tag, text)


def attribute(kind, text, tag=UTF8):
    if kind == "C":
        tag = PRINTABLE
    elif kind in ("Email", "DC") and tag == UTF8:
        tag = IA5
    return der(SEQUENCE, oid(ATTRIBUTES[kind]), string(text, tag))


def name(*rdns):
    """each (kind, text) or (kind, text, tag), or a list of them for one RDN"""
    return der(SEQUENCE, *(
        der(SET, *sorted(attribute(*a) for a in
                         (rdn if isinstance(rdn, list) else [rdn])))
        for rdn in rdns))


# ------------------------------------------------------------ extensions

def extension(dotted, value, critical=False):
    return der(SEQUENCE, oid(dotted),
               der(BOOLEAN, b"\xff") if critical else b"",
               der(OCTETS, value))


def key_usage(bits):
    return extension("2.5.29.15", der(BITS, bits), True)


CA = extension("2.5.29.19", der(SEQUENCE, der(BOOLEAN, b"\xff")), True)
SIGNS_CERTIFICATES = key_usage(b"\x01\x06")
SIGNS = key_usage(b"\x07\x80")


def extended_usage(*purposes):
    last = {"server": 1, "client": 2, "mail": 4}
    return extension("2.5.29.37", der(SEQUENCE, *(
        oid(f"1.3.6.1.5.5.7.3.{last[p]}") for p in purposes)))


CLIENT = extended_usage("client")


def general(kind, value):
    """one name of a subjectAltName"""
    tags = {"email": 0x81, "dns": 0x82, "uri": 0x86}
    if kind in tags:
        return der(tags[kind], value.encode() if isinstance(value, str)
                   else value)
    if kind == "ip":
        return der(0x87, value if isinstance(value, bytes)
                   else ipaddress.ip_address(value).packed)
    if kind == "rid":
        return der(0x88, oid(value)[2:])
    if kind == "dir":
        return der(0xA4, value)
    others = {"upn": ("1.3.6.1.4.1.311.20.2.3", UTF8),
              "upn-ia5": ("1.3.6.1.4.1.311.20.2.3", IA5),
              "smtp": ("1.3.6.1.5.5.7.8.9", UTF8),
              "srv": ("1.3.6.1.5.5.7.8.7", IA5)}
    dotted, tag = others[kind]
    return der(0xA0, oid(dotted), der(0xA0, string(value, tag)))


def alternative_names(*names):
    return extension("2.5.29.17", der(SEQUENCE, *(
        general(*one) for one in names)))


# ----------------------------------------------------- keys and authorities

class Key:
    """an EC key; pem is its text"""
    algorithm = der(SEQUENCE, oid("1.2.840.10045.4.3.2"))

    def __init__(self, pem=None):
        self.pem = pem or openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                                  "ec_paramgen_curve:P-256")
        self.public = openssl("pkey", "-pubout", "-outform", "DER",
                              data=self.pem)
        self.id = hashlib.sha1(self.public).digest()

    def sign(self, text):
        """the outer SEQUENCE of a certificate or a CRL: text (DER), its
        algorithm and the signature on it"""
        read, write = os.pipe()
        os.write(write, self.pem)
        os.close(write)
        try:
            signature = subprocess.run(
                ("openssl", "dgst", "-sha256", "-sign", f"/dev/fd/{read}"),
                input=text, check=True, stdout=subprocess.PIPE,
                pass_fds=(read,)).stdout
        finally:
            os.close(read)
        return der(SEQUENCE, text, self.algorithm,
                   der(BITS, b"\0", signature))


class Scribble(Key):
    """one that cannot sign, for roots: nobody looks at their signature on
    themselves"""

    def sign(self, text):
        return der(SEQUENCE, text, self.algorithm, der(BITS, b"\0\0"))


def pem(label, body):
    text = base64.encodebytes(body).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines,
                      f"-----END {label}-----", ""])


class Authority:
    """who signs: a CA under another (issuer), or under nobody"""

    def __init__(self, subject, issuer=None, key=None, serial=1,
                 extensions=(CA, SIGNS_CERTIFICATES), **how):
        self.subject = subject
        self.key = key or Key()
        self.pem = pem("CERTIFICATE", (issuer or self).issue(
            subject, self.key, serial=serial, extensions=extensions, **how))

    def issue(self, subject, key, serial=2, start=-1, end=30.5,
              extensions=(SIGNS, CLIENT), signer=None):
        """a certificate (DER); start and end in days from now, half ones
        where somebody counts those that remain"""
        text = der(
            SEQUENCE, der(0xA0, integer(2)),
            integer(serial) if isinstance(serial, int) else serial,
            Key.algorithm, self.subject,
            der(SEQUENCE, moment(days(start)), moment(days(end))),
            subject, key.public,
            der(0xA3, der(SEQUENCE, *extensions, self.names_itself(),
                          extension("2.5.29.14", der(OCTETS, key.id)))))
        return (signer or self.key).sign(text)

    def names_itself(self):
        """authorityKeyIdentifier"""
        return extension("2.5.29.35", der(SEQUENCE, der(0x80, self.key.id)))

    def crl(self, *serials, start=-1, end=30, signer=None):
        """a CRL in PEM that has these serial numbers"""
        gone = [der(SEQUENCE, integer(s), moment(days(-1))) for s in serials]
        text = der(
            SEQUENCE, integer(1), Key.algorithm, self.subject,
            moment(days(start)), moment(days(end)),
            der(SEQUENCE, *gone) if gone else b"",
            der(0xA0, der(SEQUENCE, self.names_itself(),
                          extension("2.5.29.20", integer(1)))))
        return pem("X509 CRL", (signer or self.key).sign(text))
