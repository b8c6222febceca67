# SPDX-License-Identifier: ISC
# proxies.bash - HAProxy and nginx in front of tlsshim, by the examples of
# units/examples.  Load common and daemons first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # T, PEERS and others are set by common.bash

EXAMPLES=$BATS_TEST_DIRNAME/../../units/examples

# behind PORT1 PORT2 - the example's addresses, as here: what sed is to do
behind() {
	FRONT=$(free_port)
	BEHIND=(-e "s/mail1\.example\.org:465/127.0.0.1:$1/"
	    -e "s/mail2\.example\.org:465/127.0.0.1:$2/")
}

# haproxy_on PORT1 PORT2 [SED...] - by its example, less what sed takes from it:
# PORT
haproxy_on() {
	found haproxy /usr/sbin/haproxy
	behind "$1" "$2"
	shift 2
	sed -e "s/bind :465/bind 127.0.0.1:$FRONT/" "${BEHIND[@]}" "$@" \
	    "$EXAMPLES/haproxy.cfg" >"$T/haproxy.cfg"
	start_server "$FOUND" -db -f "$T/haproxy.cfg"
}

# nginx_on PORT1 PORT2 [SED...] - the same: PORT
nginx_on() {
	local nginx module

	found nginx /usr/sbin/nginx
	nginx=$FOUND
	found libnginx-mod-stream /usr/lib/nginx/modules/ngx_stream_module.so
	module=$FOUND
	behind "$1" "$2"
	shift 2
	sed -e "s/listen 465/listen 127.0.0.1:$FRONT/" "${BEHIND[@]}" \
	    -e "s|^include .*|load_module $module;|" "$@" \
	    "$EXAMPLES/nginx-stream.conf" >"$T/nginx.conf"
	start_server "$nginx" -e stderr -p "$T" -c "$T/nginx.conf" \
	    -g "daemon off; master_process off; pid $T/nginx.pid; error_log stderr;"
}
