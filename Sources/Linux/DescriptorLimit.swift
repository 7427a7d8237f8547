import Glibc

/// Raises the number of descriptors that this process may have open to the maximum that the system allows it; see
/// getrlimit(2). Later children inherit this.
package func raiseDescriptorLimit() throws(SystemError) {
  var limit = rlimit()
  let number = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  try checked("getrlimit", "RLIMIT_NOFILE") { getrlimit(number, &limit) }
  limit.rlim_cur = limit.rlim_max
  try checked("setrlimit", "RLIMIT_NOFILE") { setrlimit(number, &limit) }
}
