internal import CXML

/// A text in libvirt's XML that can be changed and written again. libxml2 parses it, which libvirt itself uses, so all
/// that isn't changed is written as libvirt gave it.
final class XMLDocument {
  private let pointer: xmlDocPtr

  /// Parses a text; nil if it isn't one complete document, or has a document type, which libvirt never writes.
  init?(_ text: String) {
    var text = text
    let document = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        xmlReadMemory(characters.baseAddress, Int32(clamping: characters.count), nil, "UTF-8", Self.options)
      }
    }
    guard let document else { return nil }
    pointer = document
    if document.pointee.intSubset != nil || xmlDocGetRootElement(document) == nil { return nil }
  }

  deinit { xmlFreeDoc(pointer) }

  /// No network access, no entities except XML's own, and no output to stderr.
  private static let options = Int32(
    XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)

  var root: XMLElement? { xmlDocGetRootElement(pointer).map { XMLElement(of: self, $0) } }

  /// The text of an element and all that is in it.
  fileprivate func text(of node: xmlNodePtr) -> String {
    guard let buffer = xmlBufferCreate() else { return "" }
    defer { xmlBufferFree(buffer) }
    guard xmlNodeDump(buffer, pointer, node, 0, 0) >= 0 else { return "" }
    return xmlBufferContent(buffer).map { String(cString: $0) } ?? ""
  }
}

/// An element of a document, which it keeps.
struct XMLElement {
  private let document: XMLDocument
  private let node: xmlNodePtr

  fileprivate init(of document: XMLDocument, _ node: xmlNodePtr) {
    self.document = document
    self.node = node
  }

  /// Its attributes by name.
  var attributes: [String: String] {
    var found: [String: String] = [:]
    var next = node.pointee.properties
    while let attribute = next {
      next = attribute.pointee.next
      guard let name = attribute.pointee.name else { continue }
      found[String(cString: name)] =
        attribute.pointee.children?.pointee.content.map { String(cString: $0) } ?? ""
    }
    return found
  }

  /// An attribute; nil if it is missing.
  subscript(_ name: String) -> String? { attributes[name] }

  func set(_ name: String, to value: String) { _ = xmlSetProp(node, name, value) }

  /// The child elements with a name, in document order.
  func children(_ name: String) -> [XMLElement] {
    var found: [XMLElement] = []
    var next = node.pointee.children
    while let child = next {
      next = child.pointee.next
      guard child.pointee.type == XML_ELEMENT_NODE, let label = child.pointee.name else { continue }
      if String(cString: label) == name { found.append(XMLElement(of: document, child)) }
    }
    return found
  }

  func child(_ name: String) -> XMLElement? { children(name).first }

  /// Appends an empty element.
  func append(_ name: String) -> XMLElement? {
    xmlNewChild(node, nil, name, nil).map { XMLElement(of: document, $0) }
  }

  /// Removes it from its document. It must not be used afterwards.
  func remove() {
    xmlUnlinkNode(node)
    xmlFreeNode(node)
  }

  /// The text in it, if it has no child elements.
  var content: String? { node.pointee.children?.pointee.content.map { String(cString: $0) } }

  /// Its XML.
  var text: String { document.text(of: node) }
}
