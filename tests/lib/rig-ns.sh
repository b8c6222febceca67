#!/bin/bash
# SPDX-License-Identifier: ISC
#
# rig-ns.sh - run a real systemd as PID 1 of throw-away namespaces, on a
# machine whose own PID 1 need not be systemd.
#
#	rig-ns.sh start            boot it (well under a second); idempotent
#	rig-ns.sh exec CMD ARG...  run CMD inside all its namespaces
#	rig-ns.sh netexec CMD...   run CMD with the host's files, in its network
#	rig-ns.sh pid              print the host's pid of its PID 1
#	rig-ns.sh stop             kill it, remove its cgroup
#
# Needs root, and the packages systemd, libnss-systemd, util-linux and mount.
# Nothing is left after stop, nor after a kill -9 of the inner PID 1: the
# kernel tears it all down.
#
# Its own: pid, mount, uts, ipc, cgroup and network namespace (loopback only),
# root tree (an overlay), /proc/sys and /sys read-only.  Not its own: uids and
# the kernel.  Memory and task limits of units are not enforced.
#
# RIG_DIR	state: pid, cgroup, console (default /tmp/tlsshim-rig)
# RIG_ROOTFS	read-only lower layer of the root (default /: what is installed
#		here is there); the upper layer is a tmpfs
# RIG_BIND	"HOSTDIR[:INSIDE] ...", bound read-only
set -eu
RIG_DIR=${RIG_DIR:-/tmp/tlsshim-rig}
RIG_ROOTFS=${RIG_ROOTFS:-/}
RIG_BIND=${RIG_BIND:-}
export RIG_DIR RIG_ROOTFS RIG_BIND
cgroup_name=rig-$(basename "$RIG_DIR")

die() {
	echo "rig-ns: $*" >&2
	exit 1
}

# whether this pid is a systemd
is_systemd() {
	[ "$(cat "/proc/$1/comm" 2>/dev/null)" = systemd ]
}

# the inner PID 1 as the host numbers it, if it is alive and still ours: a
# pid may be used again, a pid namespace's number not while it is looked at
rig_pid() {
	local p
	p=$(cat "$RIG_DIR/pid" 2>/dev/null) || return 1
	[ -n "$p" ] && is_systemd "$p" || return 1
	[ "$(readlink "/proc/$p/ns/pid")" = "$(cat "$RIG_DIR/pidns")" ] ||
	    return 1
	echo "$p"
}

# where the host's cgroup2 tree is, pure or hybrid
cgroup_root() {
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

mount_tmpfs() {
	mount -t tmpfs -o "$1" tmpfs "$2"
}

make_dev() {
	local dev=$1 node
	mount_tmpfs mode=755,nosuid "$dev"
	for node in null zero full random urandom tty; do
		touch "$dev/$node"
		mount --bind "/dev/$node" "$dev/$node"
	done
	mkdir "$dev/pts" "$dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts \
	    "$dev/pts"
	mount_tmpfs mode=1777,nosuid,nodev "$dev/shm"
	ln -s pts/ptmx "$dev/ptmx"
	ln -s /proc/self/fd "$dev/fd"
	ln -s fd/0 "$dev/stdin"
	ln -s fd/1 "$dev/stdout"
	ln -s fd/2 "$dev/stderr"
	ln -s null "$dev/console"
}

make_tree() {
	local root=$1
	mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp"
	mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	# no sysctl of the host may be set, no udev run
	mount --bind "$root/proc/sys" "$root/proc/sys"
	mount -o remount,bind,ro "$root/proc/sys"
	mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
	# mounted inside the cgroup namespace, it shows our own subtree only
	mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
	make_dev "$root/dev"
	mount_tmpfs mode=755,nosuid,nodev "$root/run"
	mount_tmpfs mode=1777,nosuid,nodev "$root/tmp"
}

bind_dirs() {
	local root=$1 bind outside inside
	for bind in $RIG_BIND; do
		outside=${bind%%:*}
		inside=$root${bind#*:}
		mkdir -p "$inside"
		mount --bind "$outside" "$inside"
		mount -o remount,bind,ro "$inside"
	done
}

# A target of our own, so that nothing the host has enabled is started; and
# a journal in memory that never throttles.
configure() {
	local root=$1 name unit=$1/run/systemd/system
	mkdir -p "$unit" "$root/run/systemd/journald.conf.d"
	printf '%s\n' '[Unit]' 'Description=rig: minimal boot' \
	    'Requires=basic.target' 'After=basic.target' 'AllowIsolate=yes' \
	    >"$unit/rig.target"
	for name in timers.target systemd-udevd.service \
	    systemd-firstboot.service systemd-timesyncd.service \
	    systemd-networkd.service systemd-resolved.service \
	    sys-fs-fuse-connections.mount sys-kernel-config.mount \
	    sys-kernel-debug.mount sys-kernel-tracing.mount \
	    dev-hugepages.mount proc-sys-fs-binfmt_misc.automount; do
		ln -s /dev/null "$unit/$name"
	done
	printf '%s\n' '[Journal]' 'Storage=volatile' 'RateLimitIntervalSec=0' \
	    >"$root/run/systemd/journald.conf.d/rig.conf"
	echo rig >"$root/etc/hostname"
	: >"$root/etc/fstab"
}

# PID 1 of the new namespaces; it still sees the host's files
inner() {
	local mnt=$RIG_DIR/mnt root=$RIG_DIR/mnt/root
	mount --make-rprivate /
	mount_tmpfs mode=755,size=1g "$mnt"
	mkdir "$mnt/up" "$mnt/work" "$root"
	mount -t overlay -o \
	    "lowerdir=$RIG_ROOTFS,upperdir=$mnt/up,workdir=$mnt/work" rig "$root"
	make_tree "$root"
	bind_dirs "$root"
	configure "$root"
	cd "$root"
	mkdir -p .old
	pivot_root . .old
	umount -l /.old
	rmdir /.old
	# systemd leaves propagation alone when container= is set; without a
	# shared root LoadCredential= gives an empty directory and no error
	mount --make-rshared /
	exec env -i container=rig \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    /lib/systemd/systemd --system --unit=rig.target \
	    --log-target=journal --show-status=false </dev/null
}

# Wait until the child of unshare has become systemd; its pid
wait_for_systemd() {
	local unshare=$1 cgroup=$2 p
	for _ in $(seq 200); do
		p=$(tr -d ' ' <"/proc/$unshare/task/$unshare/children") || p=
		if [ -n "$p" ]; then
			# unshare itself is outside the pid namespace, so it
			# may not stay in the cgroup: systemd would read pid 0
			# there and give up
			echo "$unshare" >"$cgroup/cgroup.procs"
			if is_systemd "$p"; then
				echo "$p"
				return 0
			fi
		fi
		[ -d "/proc/$unshare" ] || break
		sleep 0.02
	done 2>/dev/null
	return 1
}

wait_for_boot() {
	local p=$1 state=
	for _ in $(seq 500); do
		state=$(nsenter -t "$p" -a systemctl is-system-running \
		    2>/dev/null) || :
		case $state in
		running | degraded)
			echo "pid $p: $state"
			return 0
			;;
		esac
		[ -d "/proc/$p" ] || break
		sleep 0.02
	done
	return 1
}

start() {
	local p top cgroup
	if p=$(rig_pid); then
		echo "already running, pid $p"
		return 0
	fi
	[ "$(id -u)" -eq 0 ] || die "needs root"
	[ -x "$RIG_ROOTFS/lib/systemd/systemd" ] || die "no systemd in $RIG_ROOTFS"
	top=$(cgroup_root)
	[ -n "$top" ] || die "no cgroup2 is mounted"
	mkdir -p "$RIG_DIR/mnt"
	cgroup=$top/$cgroup_name
	mkdir -p "$cgroup"
	echo "$cgroup" >"$RIG_DIR/cgroup"
	# join the subtree, then unshare: it becomes the namespace's root
	# shellcheck disable=SC2016
	setsid bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - \
	    "$cgroup" unshare --fork --pid --mount --uts --ipc --net --cgroup \
	    bash "$(readlink -f "$0")" inner >"$RIG_DIR/log" 2>&1 </dev/null \
	    3>&- &
	p=$(wait_for_systemd $! "$top") ||
	    die "no PID 1: $(cat "$RIG_DIR/log")"
	echo "$p" >"$RIG_DIR/pid"
	readlink "/proc/$p/ns/pid" >"$RIG_DIR/pidns"
	wait_for_boot "$p" || die "does not boot: $(cat "$RIG_DIR/log")"
}

stop() {
	local p cgroup
	if p=$(rig_pid); then
		kill -9 "$p"
		while [ -d "/proc/$p" ]; do
			sleep 0.02
		done
	fi
	cgroup=$(cat "$RIG_DIR/cgroup" 2>/dev/null || :)
	case $cgroup in
	*/rig-*)
		[ ! -d "$cgroup" ] ||
		    find "$cgroup" -depth -type d -exec rmdir {} \;
		;;
	esac
	rm -f "$RIG_DIR/pid" "$RIG_DIR/pidns" "$RIG_DIR/cgroup"
}

# enter FLAGS CMD...
enter() {
	local p flags=$1
	shift
	p=$(rig_pid) || die "not running"
	exec nsenter -t "$p" "$flags" -- "$@"
}

case ${1:-} in
start) start ;;
stop) stop ;;
pid) rig_pid ;;
exec)
	shift
	enter -a "$@"
	;;
netexec)
	shift
	enter -n "$@"
	;;
inner) inner ;;
*) die "usage: $0 start|exec CMD|netexec CMD|pid|stop" ;;
esac
