internal import CLibvirt

extension Domain {
  /// Sets an element in the running guest's metadata, where libvirt stores data of applications about a domain.
  /// Replaces an element in the same namespace. It is kept by a live migration and in a saved state, and ends with
  /// the guest; the domain's definition is unchanged.
  ///
  /// Waits for another job on the domain, such as a migration, for up to 30 s.
  ///
  /// - Parameters:
  ///   - element: one XML element without a namespace; nil removes the existing one.
  ///   - key: the prefix of the element in the domain's XML.
  ///   - namespace: the URI of the application's XML namespace, which identifies the element.
  /// - Throws: ``LibvirtError/Code/noSupport`` or ``LibvirtError/Code/argumentUnsupported`` if the driver keeps no
  ///   such metadata, ``LibvirtError/Code/operationInvalid`` if the guest is inactive, and
  ///   ``LibvirtError/Code/operationTimeout`` if another job has the domain.
  ///
  /// Source: `virDomainSetMetadata` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func setMetadata(_ element: String?, key: String, namespace: String) throws(LibvirtError) {
    try call("set the metadata of") {
      virDomainSetMetadata(
        $0, CInt(VIR_DOMAIN_METADATA_ELEMENT.rawValue), element, key, namespace,
        VIR_DOMAIN_AFFECT_LIVE.rawValue)
    }
  }

  /// The running guest's metadata element in an XML namespace; nil if there is none.
  ///
  /// - Throws: ``LibvirtError/Code/noSupport`` or ``LibvirtError/Code/argumentUnsupported`` if the driver keeps no
  ///   such metadata, ``LibvirtError/Code/operationInvalid`` if the guest is inactive.
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

extension Domain {
  /// The attributes of the running guest's metadata element in an XML namespace; nil if there is none. Throws like
  /// ``metadata(namespace:)``.
  package func metadataAttributes(namespace: String) throws(LibvirtError) -> [String: String]? {
    try metadata(namespace: namespace).flatMap { XMLDocument($0)?.root?.attributes }
  }
}
