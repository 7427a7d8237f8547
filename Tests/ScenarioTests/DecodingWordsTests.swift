import FoundationEssentials
import Scenario
import Testing

@Suite struct DecodingWordsTests {
  private struct Note: Decodable {
    struct Author: Decodable { var name: String }
    var author: Author
  }

  @Test(
    "Words name the keys and the reason, without a dump of the error",
    arguments: [
      ("{}", "the key 'author' is missing"),
      (#"{"author": {}}"#, "author: the key 'name' is missing"),
      ("{", "The given data was not valid JSON."),
    ])
  func words(json: String, words: String) throws {
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Note.self, from: Data(json.utf8))
    }
    #expect(error?.words == words)
  }

  @Test("A value of another type has the keys that lead to it")
  func type() throws {
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Note.self, from: Data(#"{"author": {"name": 1}}"#.utf8))
    }
    let words = try #require(error?.words)
    #expect(words.hasPrefix("author.name: ") && !words.contains("CodingKey"), "\(words)")
  }
}
