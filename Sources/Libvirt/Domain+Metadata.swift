internal import CLibvirt

extension Domain {
  /// Puts an element into the running guest's metadata, where libvirt keeps what applications note of a domain, in
  /// place of one in the same namespace. It goes with a live migration, into a saved state, and ends with the guest; the
  /// domain's definition stays as it is.
  ///
  /// Waits for another job on the domain, such as a migration, for up to 30 s.
  ///
  /// - Parameters:
  ///   - element: one XML element without a namespace of its own; nil removes what is there.
  ///   - key: the prefix that the element bears in the domain's XML.
  ///   - namespace: the URI of the application's own XML namespace, by which the element is found again.
  /// - Throws: ``LibvirtError/Code/noSupport`` or ``LibvirtError/Code/argumentUnsupported`` where the driver keeps no
  ///   such metadata, ``LibvirtError/Code/operationInvalid`` where the guest is inactive, and
  ///   ``LibvirtError/Code/operationTimeout`` where another job has the domain.
  ///
  /// Source: `virDomainSetMetadata` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func setMetadata(_ element: String?, key: String, namespace: String) throws(LibvirtError) {
    try call("set the metadata of") {
      virDomainSetMetadata(
        $0, CInt(VIR_DOMAIN_METADATA_ELEMENT.rawValue), element, key, namespace,
        VIR_DOMAIN_AFFECT_LIVE.rawValue)
    }
  }

  /// The running guest's metadata element in an XML namespace; nil where there is none.
  ///
  /// - Throws: ``LibvirtError/Code/noSupport`` or ``LibvirtError/Code/argumentUnsupported`` where the driver keeps no
  ///   such metadata, ``LibvirtError/Code/operationInvalid`` where the guest is inactive.
  ///
  /// Source: `virDomainGetMetadata` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func metadata(namespace: String) throws(LibvirtError) -> String? {
    do throws(LibvirtError) {
      return takeString(
        try acquire("ask for the metadata of") {
          virDomainGetMetadata(
            $0, CInt(VIR_DOMAIN_METADATA_ELEMENT.rawValue), namespace, VIR_DOMAIN_AFFECT_LIVE.rawValue)
        })
    } catch {
      if error.code == .noDomainMetadata { return nil }
      throw error
    }
  }
}
