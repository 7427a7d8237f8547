import CLinux

/// Moves this thread into a network namespace; returns 0 or the errno. See setns(2).
func enterNetworkNamespace(_ descriptor: Int32) -> Int32 { linux_enter_network_namespace(descriptor) }
