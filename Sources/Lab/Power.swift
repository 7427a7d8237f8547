/// A host's power. Only this script starts and ends a host's process tree, for the lab's commands and for the host's
/// BMC. It is a shell script since a BMC calls it without the program that made the lab.
enum Power {
  /// Runs in the lab's outer namespaces, with the machine's /proc. Arguments: the host's name, and one of
  /// - `get`: prints `power:1` if the host's PID 1 exists, `power:0` otherwise;
  /// - `on`: starts the host and plugs in its cables; does nothing if it is on;
  /// - `off`: SIGKILL to PID 1, with which the kernel ends every process of the host; does nothing if it is off;
  /// - `reset`: off and on;
  /// - `shutdown`: SIGTERM to PID 1, and doesn't wait;
  /// - `live`: for `on`: is the host's parent process, and calls `again` if the host has rebooted itself;
  /// - `again`: on, unless the host was switched off since it ended.
  static func script(for lab: Lab) -> String {
    """
    set -eu
    name=$1
    home=\(lab.state)/hosts/$name

    # Sets pid to the machine's number of the process.
    is_on() {
      [ -r "$home/init" ] && read -r pid started < "$home/init" || return 1
      fields=$(cat "/proc/$pid/stat" 2> /dev/null) || return 1
      set -- ${fields##*) }
      [ "${20}" = "$started" ] && [ "$1" != Z ] && [ "$1" != X ]
    }

    # kill(1) takes process ids of the lab's own pid namespace, which come second in NSpid: see proc(5).
    signal() {
      while read -r key _ number _; do
        if [ "$key" = NSpid: ]; then kill -s "$1" "$number"; fi
      done < "/proc/$pid/status"
    }

    \(Lab.thawing)

    await_off() {
      tries=1500
      while is_on; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "$name: process $pid still exists after 30 s" >&2; return 1; }
        # After 1 s: a process may wait for a frozen disk.
        [ $tries -ne 1450 ] || thaw "$home"
        sleep 0.02
      done
    }

    off() {
      if is_on; then
        # PID 1 may have ended in the meantime.
        signal KILL 2> /dev/null || true
        await_off
      fi
      # A host that was rebooting stays off.
      rm -f "$home/init"
    }

    on() {
      if is_on; then return 0; fi
      rm -f "$home/init"
      # A frozen disk would still be frozen for the new boot.
      thaw "$home"
      setsid -f sh \(lab.powerScript) "$name" live >> "$home/log" 2>&1 < /dev/null 9>&-
      tries=500
      until is_on; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "$name did not start: $(tail -n 3 "$home/log" | tr '\\n' ';')" >&2; return 1; }
        sleep 0.02
      done
      # A host without its veth pairs ends by itself.
      sh "$home/plug.sh" "$pid"
    }

    # Runs the host until its end, and boots it again if it has rebooted itself: then PID 1 ended by SIGHUP, and with it
    # unshare; see pid_namespaces(7). A host whose PID 1 got SIGHUP exits with 0.
    live() {
      code=0
      \(Platform.unshare.joined(separator: " ")) tini -s -e 129 -- sh "$home/host.sh" || code=$?
      [ $code -ne 129 ] || exec sh \(lab.powerScript) "$name" again
    }

    if [ "$2" = live ]; then
      live
      exit 0
    fi
    if [ "$2" = get ]; then
      if is_on; then echo power:1; else echo power:0; fi
      exit 0
    fi
    exec 9> "$home/power.lock"
    flock -w 60 9 || { echo "$name: its power has been busy for 60 s" >&2; exit 1; }
    case $2 in
      on) on ;;
      off) off ;;
      reset) off; on ;;
      again) if [ -e "$home/init" ]; then on; fi ;;
      shutdown) if is_on; then signal TERM; fi ;;
      *) echo "power: no act '$2'" >&2; exit 2 ;;
    esac

    """
  }
}
