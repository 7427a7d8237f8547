import Testing
import Views

@Suite struct XMLTreeTests {
  @Test("Attributes, nested elements, references, CDATA, comments and instructions are read")
  func document() throws {
    let text = """
      <?xml version="1.0"?>
      <!-- before -->
      <a one='1 &lt; "2"' two = "&#x41;&#66;">x &amp; y<b/><!-- <no/> --><?php no ?><c:d-1 e="">é</c:d-1 >\
      <![CDATA[<raw> & ]]]></a>
      <!-- after -->

      """
    let root = try #require(XMLTree(text)?.root)
    #expect(root.name == "a" && root.attributes == ["one": "1 < \"2\"", "two": "AB"])
    #expect(root.text == "x & y<raw> & ]")
    #expect(root.children.map(\.name) == ["b", "c:d-1"] && root.text(of: "c:d-1") == "é")
    #expect(root.children[1].attributes == ["e": ""])
  }

  @Test(
    "A text that isn't one complete XML document is refused",
    arguments: [
      "", " ", "text", "<a>", "<a", "<a/", "</a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "x<a/>",
      "<a b/>", "<a b=c/>", "<a b='1' b='2'/>", "<a b='1'c='2'/>", "<a b='<'/>", "<a b='1/>",
      "<a>&unknown;</a>",
      "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#-1;</a>", "<a>&#+65;</a>", "<a>& b</a>", "<a>\u{1}</a>", "<1/>",
      "<a><!-- </a>", "<a><![CDATA[</a>", "<?xml <a/>", "<!DOCTYPE a><a/>", "< a/>",
    ])
  func malformed(_ text: String) { #expect(XMLTree(text) == nil) }

  @Test("Very deeply nested elements are refused, and the depth that tools use is accepted")
  func depth() {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(XMLTree(nested(100)) != nil)
    #expect(XMLTree(nested(100_000)) == nil)
  }
}
