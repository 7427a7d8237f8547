import Testing

@testable import Probes

struct ControlCourseTests {
  @Test("Only a late or missing answer shows that the prober lagged")
  func slowAnswers() {
    var course = ControlCourse(longest: 100)
    course.send(1, at: 1000)
    #expect(!course.hasLagged(since: 900, at: 1100))
    #expect(course.hasLagged(since: 900, at: 1101), "it waits too long already")
    let end1 = course.end(1, isAnswered: true, at: 1100)
    #expect(!end1)
    #expect(!course.hasLagged(since: 900, at: 1200))
    course.send(2, at: 1200)
    let end2 = course.end(2, isAnswered: true, at: 1301)
    #expect(end2)
    course.send(3, at: 1400)
    let end3 = course.end(3, isAnswered: true, at: 1401)
    #expect(!end3)
    #expect(course.hasLagged(since: 1300, at: 1500))
    #expect(!course.hasLagged(since: 1301, at: 1500), "what was sent after the lag is judged as usual")
    course.send(4, at: 1500)
    let end4 = course.end(4, isAnswered: false, at: 1501)
    #expect(end4)
    #expect(course.hasLagged(since: 1500, at: 1502))
  }
}
