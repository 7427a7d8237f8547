#define _GNU_SOURCE
#include "CLinuxNamespaces.h"

#include <errno.h>
#include <sched.h>

int linux_unshare_network_namespace(void) { return unshare(CLONE_NEWNET) == 0 ? 0 : errno; }

int linux_enter_network_namespace(int descriptor) {
  return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : errno;
}
