#!/bin/bash
# Boots the guest from FOLDER, which build.sh wrote, with PORT of 127.0.0.1 for its commands; removes FOLDER at the end.
#
#   boot.sh FOLDER PORT     until stdin ends; the console is in FOLDER/console
#   boot.sh FOLDER          a shell on the console
set -euo pipefail
folder=$1 port=${2:-}
# Measured: without AVX and `rep movsb`, which emulation makes slow, all runs a third faster than with -cpu max.
# With norandmaps a process starts three times as fast: what is translated counts for one virtual address.
# /dev/kvm may exist and not work.
set -- qemu-system-x86_64 -accel tcg,thread=multi -machine q35 -cpu Nehalem -smp 2 -m 1024 \
  -nodefaults -no-user-config -display none -no-reboot -kernel "$folder/vmlinuz" -initrd "$folder/initrd" \
  -device virtio-net-pci,netdev=user,romfile=
line="console=ttyS0 quiet panic=-1 nokaslr mitigations=off audit=0 apparmor=0 tsc=reliable no_timer_check"
line+=" random.trust_cpu=on rcupdate.rcu_expedited=1 norandmaps"
trap 'rm -rf "$folder"' EXIT
exec 3<&0
if [ -z "$port" ]; then
  "$@" -netdev user,id=user,restrict=on -append "$line murphy.shell" -serial mon:stdio
  exit
fi
"$@" -netdev "user,id=user,restrict=on,hostfwd=tcp:127.0.0.1:$port-:7000" -append "$line" \
  -serial "file:$folder/console" < /dev/null &
qemu=$!
trap 'kill -KILL "$qemu" 2> /dev/null; rm -rf "$folder"' EXIT
# An asynchronous command has no stdin unless a redirection names its number.
cat <&3 > /dev/null &
wait -n
