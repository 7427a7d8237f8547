// Linux namespaces of the calling thread. glibc declares these calls only with _GNU_SOURCE, so they are missing in
// Swift's Glibc module. See namespaces(7).
#ifndef C_LINUX_NAMESPACES_H
#define C_LINUX_NAMESPACES_H

// Moves the calling thread into a new, empty network namespace. 0, or the errno. See unshare(2).
int linux_unshare_network_namespace(void);

// Moves the calling thread into the network namespace that `descriptor` refers to, an open
// /proc/.../ns/net or /run/netns/... file. 0, or the errno. See setns(2).
int linux_enter_network_namespace(int descriptor);

#endif
