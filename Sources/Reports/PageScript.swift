/// The script of `report.html`. The page has the same facts without it. With it, a reader can query the picture: what
/// each lane showed at one moment, and for how long in a range. All values are in the page already.
///
/// It must not contain two opening braces in a row, which Mustache would read.
enum PageScript {
  static let text = #"""
    'use strict'
    const seconds = ms => (ms / 1000).toFixed(1) + ' s'
    const length = ms => ms < 1000 ? Math.round(ms) + ' ms' : seconds(ms)
    const make = (name, parent, text) => {
      const element = document.createElement(name)
      if (text) element.textContent = text
      return parent.appendChild(element)
    }
    const draw = (name, parent, style) => {
      const element = document.createElementNS(parent.namespaceURI, name)
      element.setAttribute('class', style)
      return parent.appendChild(element)
    }
    const place = (element, values) => {
      for (const name in values) element.setAttribute(name, values[name])
    }

    // One of a trial's two pictures: its axis, its marks, and the cross-hair over them.
    const read = svg => {
      const [from, to, left, width] = svg.dataset.axis.split(' ').map(Number)
      const lanes = new Map()
      for (const group of svg.querySelectorAll('[data-lane]')) {
        const name = group.dataset.lane
        if (!lanes.has(name)) lanes.set(name, { name, rows: new Map(), lines: [] })
        const lane = lanes.get(name)
        for (const mark of group.querySelectorAll('[data-a]')) {
          const y = mark.getAttribute('y')
          if (!lane.rows.has(y)) lane.rows.set(y, [])
          lane.rows.get(y).push({ words: mark.dataset.v, a: +mark.dataset.a, b: +mark.dataset.b })
        }
        for (const line of group.querySelectorAll('[data-s]')) {
          const [isLog, low, high, bottom, top] = line.dataset.s.split(' ').map(Number)
          const points = line.getAttribute('d').slice(1).split('L').map(text => {
            const [x, y] = text.split(' ').map(Number), part = (bottom - y) / (bottom - top)
            return { x, value: isLog ? low * (high / low) ** part : low + part * (high - low) }
          })
          lane.lines.push({ words: line.dataset.v, unit: line.dataset.u, points })
        }
      }
      const height = svg.viewBox.baseVal.height
      const shade = draw('rect', svg, 'range'), hair = draw('line', svg, 'hair')
      place(shade, { y: 0, height, width: 0 })
      place(hair, { y1: 0, y2: height })
      const x = t => left + (t - from) / (to - from) * width
      return {
        svg, from, to, x, lanes: [...lanes.values()],
        time: px => Math.min(Math.max(from + (px - left) / width * (to - from), from), to),
        show: (range) => {
          svg.classList.toggle('read', !!range)
          if (!range) return
          place(hair, { x1: x(range.at), x2: x(range.at) })
          place(shade, { x: x(range.a), width: x(range.b) - x(range.a) })
        }
      }
    }

    // The words of each lane from a to b, with their lengths. A later mark of a row covers an earlier one.
    const values = (lane, a, b, x) => {
      const sums = new Map()
      for (const marks of lane.rows.values()) {
        const edges = [a, b, ...marks.flatMap(mark => [mark.a, mark.b])].filter(t => t >= a && t <= b)
        const cuts = [...new Set(edges)].sort((one, other) => one - other)
        const parts = a === b ? [[a, a]] : cuts.slice(1).map((cut, index) => [cuts[index], cut])
        for (const [p, q] of parts) {
          const mark = marks.findLast(mark => a === b ? mark.a <= p && p < mark.b : mark.a <= p && q <= mark.b)
          if (mark) sums.set(mark.words, (sums.get(mark.words) || 0) + q - p)
        }
      }
      const texts = [...sums].map(([words, ms]) => a === b ? words : words + ' ' + length(ms))
      // The distance of two points is one pixel.
      const near = lane.lines.flatMap(line => line.points.filter(point => Math.abs(point.x - x(a)) < 2 || x(a) < point.x && point.x < x(b)))
      if (near.length) {
        const { words, unit } = lane.lines[0], most = Math.max(...near.map(point => point.value))
        texts.push(`${words} ${a === b ? '≈' : 'up to'} ${most < 10 ? most.toFixed(1) : Math.round(most)} ${unit}`.trim())
      }
      return texts
    }

    const trials = [...document.querySelectorAll('.trial')].map((section, index) => {
      const figure = section.querySelector('figure'), box = make('div', figure)
      box.className = 'box'
      box.setAttribute('role', 'status')
      const hint = make('p', figure, 'Point at the picture to read every lane, drag to add up a range; or use ← → ↑ ↓, Shift and Esc. The page’s address leads back to the moment.')
      hint.className = 'hint'
      const pictures = [...figure.querySelectorAll('.picture')].map(read)
      const edges = [...new Set(pictures[0].lanes.flatMap(lane => [...lane.rows.values()].flat().flatMap(mark => [mark.a, mark.b])))].sort((a, b) => a - b)
      // The moment and, for a range, its other end. `kept` is the moment or range in the address.
      let at = null, other = null, kept = null
      const show = () => {
        const range = at === null ? null : { at, a: Math.min(at, other ?? at), b: Math.max(at, other ?? at) }
        for (const picture of pictures) picture.show(range)
        box.hidden = !range
        if (!range) return
        box.replaceChildren()
        make('b', box, range.a === range.b ? seconds(at) : `${seconds(range.a)} to ${seconds(range.b)}: ${length(range.b - range.a)}`)
        const list = make('dl', box), picture = pictures.find(picture => picture.svg.clientWidth) ?? pictures[0]
        for (const lane of picture.lanes) {
          const texts = values(lane, range.a, range.b, picture.x)
          if (!texts.length) continue
          make('dt', list, lane.name)
          make('dd', list, texts.join(', '))
        }
        const room = picture.svg.getBoundingClientRect(), space = figure.getBoundingClientRect()
        const px = room.left - space.left + picture.x(at) / picture.svg.viewBox.baseVal.width * room.width
        const isLeft = px > space.width / 2
        box.style.left = isLeft ? '' : px + 14 + 'px'
        box.style.right = isLeft ? space.width - px + 14 + 'px' : ''
        box.style.top = room.top - space.top + 30 + 'px'
      }
      const go = (moment, end = null) => {
        [at, other] = [moment, end]
        show()
      }
      const keep = () => {
        kept = at === null ? null : [at, other]
        const range = other === null || other === at ? '' : '..' + (Math.max(at, other) / 1000).toFixed(1)
        const start = at === null ? '' : (Math.min(at, other ?? at) / 1000).toFixed(1)
        history.replaceState(null, '', at === null ? '#' : `#t=${start}${range}${index ? ',' + (index + 1) : ''}`)
      }
      for (const picture of pictures) {
        const svg = picture.svg
        svg.tabIndex = 0
        const time = event => {
          const room = svg.getBoundingClientRect()
          return picture.time((event.clientX - room.left) / room.width * svg.viewBox.baseVal.width)
        }
        let pressed = null
        const isRange = () => kept && kept[1] !== null
        svg.onpointerdown = event => {
          pressed = time(event)
          svg.setPointerCapture(event.pointerId)
          go(pressed)
        }
        svg.onpointermove = event => {
          if (pressed !== null) go(time(event), Math.abs(picture.x(time(event)) - picture.x(pressed)) < 4 ? null : pressed)
          else if (!isRange()) go(time(event))
        }
        svg.onpointerup = svg.onpointercancel = () => {
          if (pressed !== null) keep()
          pressed = null
        }
        svg.onpointerleave = () => {
          if (pressed === null && !isRange()) go(...kept ?? [null])
        }
        svg.onkeydown = event => {
          const now = at ?? 0, step = (picture.to - picture.from) / 200
          const next = {
            ArrowRight: () => now + step, ArrowLeft: () => now - step, Home: () => picture.from, End: () => picture.to,
            ArrowDown: () => edges.find(edge => edge > now) ?? now, ArrowUp: () => edges.findLast(edge => edge < now) ?? now
          }[event.key]
          if (event.key === 'Escape') go(null)
          else if (!next) return
          else go(Math.min(Math.max(next(), picture.from), picture.to), event.shiftKey ? other ?? now : null)
          keep()
          event.preventDefault()
        }
      }
      // A row and its lane highlight each other.
      section.onpointerover = section.onfocusin = section.onpointerleave = event => {
        const name = event.type === 'pointerleave' ? null : event.target.closest('[data-lane]')?.dataset.lane
        for (const element of section.querySelectorAll('[data-lane]')) element.classList.toggle('on', element.dataset.lane === name)
        section.classList.toggle('pointing', !!name && !!event.target.closest('tr[data-lane]'))
      }
      // Moments in tables become links.
      for (const cell of section.querySelectorAll('[data-at]')) {
        const link = make('a', cell, cell.textContent)
        link.href = '#t=' + cell.dataset.at + (index ? ',' + (index + 1) : '')
        cell.firstChild.remove()
      }
      show()
      return { figure, go: (a, b) => { go(b ?? a, b === null ? null : a); kept = [at, other] } }
    })

    const open = () => {
      const match = /^#t=(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?(?:,(\d+))?$/.exec(location.hash)
      const trial = match && trials[(match[3] ?? 1) - 1]
      if (!trial) return
      trial.go(match[1] * 1000, match[2] === undefined ? null : match[2] * 1000)
      trial.figure.scrollIntoView({ block: 'center' })
    }
    addEventListener('hashchange', open)
    open()

    """#
}
