#!/bin/bash
# A machine of its own under a real systemd: this machine's root under an overlay that is thrown away, PID 1 of its own
# namespaces, a network with nothing but loopback. Needs root, systemd-nspawn, dbus and iproute2.
#   systemd-machine.sh CHECKOUT      boots, prints the PID of its systemd, and ends the machine when its input closes
set -euo pipefail
checkout=$(realpath "$1")
work=$(mktemp -d)
name=hedgerow-systemd-$$
cgroups=()
for hierarchy in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
  [ -f "$hierarchy/cgroup.procs" ] && cgroups+=("$hierarchy/$name")
done

finish() {
  if [ -n "${pid1:-}" ]; then kill -s RTMIN+4 "$pid1" 2>/dev/null || true; fi
  for _ in $(seq 100); do kill -0 "$machine" 2>/dev/null || break; sleep 0.2; done
  kill -9 "$machine" 2>/dev/null || true
  ip netns del "$name" 2>/dev/null || true
  umount "$work/disk/root" "$work/disk" 2>/dev/null || true
  for cgroup in "${cgroups[@]}"; do
    if [ -d "$cgroup" ]; then find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true; fi
  done
  rm -rf "$work"
}
trap finish EXIT

mkdir "$work/disk"
mount -t tmpfs -o size=4g tmpfs "$work/disk"
mkdir "$work/disk/upper" "$work/disk/scratch" "$work/disk/root"
mount -t overlay -o "lowerdir=/,upperdir=$work/disk/upper,workdir=$work/disk/scratch" overlay "$work/disk/root"
ip netns add "$name"
ip -n "$name" link set lo up
(
  for cgroup in "${cgroups[@]}"; do
    mkdir -p "$cgroup"
    echo "$BASHPID" > "$cgroup/cgroup.procs"
  done
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  # --keep-unit: the inner systemd manages the cgroup it is started in.
  exec setsid systemd-nspawn --quiet --register=no --keep-unit --boot -D "$work/disk/root" --machine="$name" --console=pipe \
    --network-namespace-path="/run/netns/$name" --bind-ro="$checkout:/opt/hedgerow" -- --unit=basic.target
) > "$work/boot.log" 2>&1 < /dev/null &
machine=$!
for _ in $(seq 300); do
  pid1=$(pgrep -P "$machine" -x systemd || true)
  [ -n "$pid1" ] && break
  sleep 0.2
done
if [ -z "${pid1:-}" ]; then cat "$work/boot.log" >&2; exit 1; fi
echo "$pid1"
cat > /dev/null
