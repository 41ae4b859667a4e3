"""Go projects with planted faults, of the kinds real ones have: one fault each, the last ones two."""

from __future__ import annotations

from .planted import planted

PROJECTS = [
    planted(
        "stock",
        "go",
        {
            "go.mod": "module example.com/stock\n\ngo 1.21\n",
            "stock.go": """
                // Package stock keeps count of what is on the shelves.
                package stock

                import (
                    "errors"
                    "fmt"
                )

                var ErrShort = errors.New("not enough in stock")

                type Shelf struct {
                    counts   map[string]int
                    reserved map[string]int
                }

                func NewShelf() *Shelf {
                    return &Shelf{counts: map[string]int{}, reserved: map[string]int{}}
                }

                func (s *Shelf) Add(item string, n int) error {
                    if n <= 0 {
                        return fmt.Errorf("cannot add %d of %s", n, item)
                    }
                    s.counts[item] += n
                    return nil
                }

                // Free is what nobody has reserved.
                func (s *Shelf) Free(item string) int {
                    return s.counts[item] - s.reserved[item]
                }

                func (s *Shelf) Reserve(item string, n int) error {
                    if n > s.Free(item) {
                        return ErrShort
                    }
                    s.reserved[item] += n
                    return nil
                }
                """,
            "stock_test.go": """
                package stock

                import "testing"

                func TestReserve(t *testing.T) {
                    rows := []struct {
                        name  string
                        have  int
                        want  int
                        short bool
                    }{
                        {"some of many", 5, 3, false},
                        {"all of them", 5, 5, false},
                        {"one too many", 5, 6, true},
                        {"of nothing", 0, 1, true},
                    }
                    for _, row := range rows {
                        t.Run(row.name, func(t *testing.T) {
                            shelf := NewShelf()
                            if row.have > 0 {
                                if err := shelf.Add("nut", row.have); err != nil {
                                    t.Fatal(err)
                                }
                            }
                            err := shelf.Reserve("nut", row.want)
                            if (err != nil) != row.short {
                                t.Errorf("Reserve(%d) of %d: %v", row.want, row.have, err)
                            }
                        })
                    }
                }

                func TestAddRefusesNothing(t *testing.T) {
                    if NewShelf().Add("nut", 0) == nil {
                        t.Error("added nothing")
                    }
                }
                """,
        },
        ("stock.go", "if n >= s.Free(item) {", "if n > s.Free(item) {"),
    ),
    planted(
        "wrap",
        "go",
        {
            "go.mod": "module example.com/wrap\n\ngo 1.21\n",
            "wrap.go": """
                package wrap

                import "strings"

                // Lines breaks text at blanks, no line longer than width where words allow it.
                func Lines(text string, width int) []string {
                    var lines []string
                    line := ""
                    for _, word := range strings.Fields(text) {
                        switch {
                        case line == "":
                            line = word
                        case len(line)+1+len(word) <= width:
                            line += " " + word
                        default:
                            lines = append(lines, line)
                            line = word
                        }
                    }
                    if line != "" {
                        lines = append(lines, line)
                    }
                    return lines
                }

                // Shorten cuts text to width runes, with dots for what is left out.
                func Shorten(text string, width int) string {
                    runes := []rune(text)
                    if len(runes) <= width {
                        return text
                    }
                    if width <= 3 {
                        return string(runes[:width])
                    }
                    return string(runes[:width-3]) + "..."
                }
                """,
            "wrap_test.go": """
                package wrap

                import (
                    "reflect"
                    "testing"
                )

                func TestLines(t *testing.T) {
                    got := Lines("the quick brown fox jumps", 10)
                    want := []string{"the quick", "brown fox", "jumps"}
                    if !reflect.DeepEqual(got, want) {
                        t.Errorf("got %q, want %q", got, want)
                    }
                }

                func TestShorten(t *testing.T) {
                    for _, row := range []struct {
                        text  string
                        width int
                        want  string
                    }{
                        {"short", 10, "short"},
                        {"exact", 5, "exact"},
                        {"a longer text", 8, "a lon..."},
                        {"tiny", 2, "ti"},
                        {"größer als das", 9, "größer..."},
                    } {
                        if got := Shorten(row.text, row.width); got != row.want {
                            t.Errorf("Shorten(%q, %d) = %q, want %q", row.text, row.width, got, row.want)
                        }
                    }
                }
                """,
        },
        ("wrap.go", "runes[:width-2]", "runes[:width-3]"),
    ),
    planted(
        "lru",
        "go",
        {
            "go.mod": "module example.com/lru\n\ngo 1.21\n",
            "lru/cache.go": """
                package lru

                import "container/list"

                type entry struct {
                    key   string
                    value int
                }

                // Cache forgets what was not used for the longest time.
                type Cache struct {
                    size  int
                    order *list.List
                    known map[string]*list.Element
                }

                func New(size int) *Cache {
                    return &Cache{size: size, order: list.New(), known: map[string]*list.Element{}}
                }

                func (c *Cache) Get(key string) (int, bool) {
                    found, ok := c.known[key]
                    if !ok {
                        return 0, false
                    }
                    c.order.MoveToFront(found)
                    return found.Value.(*entry).value, true
                }

                func (c *Cache) Put(key string, value int) {
                    if found, ok := c.known[key]; ok {
                        found.Value.(*entry).value = value
                        c.order.MoveToFront(found)
                        return
                    }
                    c.known[key] = c.order.PushFront(&entry{key, value})
                    if c.order.Len() > c.size {
                        last := c.order.Back()
                        c.order.Remove(last)
                        delete(c.known, last.Value.(*entry).key)
                    }
                }
                """,
            "lru/cache_test.go": """
                package lru_test

                import (
                    "testing"

                    "example.com/lru/lru"
                )

                func TestForgetsTheOldest(t *testing.T) {
                    c := lru.New(2)
                    c.Put("a", 1)
                    c.Put("b", 2)
                    c.Put("c", 3)
                    if _, ok := c.Get("a"); ok {
                        t.Error("a is still there")
                    }
                    if v, ok := c.Get("c"); !ok || v != 3 {
                        t.Errorf("c is %d, %v", v, ok)
                    }
                }

                func TestUseKeeps(t *testing.T) {
                    c := lru.New(2)
                    c.Put("a", 1)
                    c.Put("b", 2)
                    c.Get("a")
                    c.Put("c", 3)
                    if _, ok := c.Get("a"); !ok {
                        t.Error("a was used and is gone")
                    }
                    if _, ok := c.Get("b"); ok {
                        t.Error("b is still there")
                    }
                }

                func TestOverwrite(t *testing.T) {
                    c := lru.New(1)
                    c.Put("a", 1)
                    c.Put("a", 2)
                    if v, _ := c.Get("a"); v != 2 {
                        t.Errorf("a is %d", v)
                    }
                }
                """,
        },
        ("lru/cache.go", "last := c.order.Front()", "last := c.order.Back()"),
    ),
    planted(
        "invoices",
        "go",
        {
            "go.mod": "module example.com/invoices\n\ngo 1.21\n",
            "internal/money/money.go": """
                package money

                import "fmt"

                // Cents is an amount of money.
                type Cents int64

                // Share is percent of the amount, rounded half up.
                func (c Cents) Share(percent int) Cents {
                    return (c*Cents(percent) + 50) / 100
                }

                func (c Cents) String() string {
                    sign := ""
                    if c < 0 {
                        sign, c = "-", -c
                    }
                    return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
                }
                """,
            "internal/money/money_test.go": """
                package money

                import "testing"

                func TestString(t *testing.T) {
                    for cents, want := range map[Cents]string{5: "0.05", 1234: "12.34", -250: "-2.50"} {
                        if got := cents.String(); got != want {
                            t.Errorf("%d is %s, want %s", int64(cents), got, want)
                        }
                    }
                }
                """,
            "invoice/invoice.go": """
                package invoice

                import "example.com/invoices/internal/money"

                type Line struct {
                    Name     string
                    Price    money.Cents
                    Quantity int
                }

                type Invoice struct {
                    Lines   []Line
                    Tax     int
                    Rebate  int
                }

                func (i Invoice) Net() money.Cents {
                    var sum money.Cents
                    for _, line := range i.Lines {
                        sum += line.Price * money.Cents(line.Quantity)
                    }
                    return sum - sum.Share(i.Rebate)
                }

                func (i Invoice) Total() money.Cents {
                    net := i.Net()
                    return net + net.Share(i.Tax)
                }
                """,
            "invoice/invoice_test.go": """
                package invoice

                import "testing"

                func sample() Invoice {
                    return Invoice{Lines: []Line{{"pen", 150, 2}, {"book", 1095, 1}}, Tax: 19, Rebate: 10}
                }

                func TestNet(t *testing.T) {
                    if got := sample().Net().String(); got != "12.55" {
                        t.Errorf("net is %s", got)
                    }
                }

                func TestTotal(t *testing.T) {
                    if got := sample().Total().String(); got != "14.93" {
                        t.Errorf("total is %s", got)
                    }
                }

                func TestNothing(t *testing.T) {
                    if got := (Invoice{}).Total(); got != 0 {
                        t.Errorf("total is %d", got)
                    }
                }
                """,
            "cmd/bill/main.go": """
                package main

                import (
                    "fmt"

                    "example.com/invoices/invoice"
                )

                func main() {
                    fmt.Println(invoice.Invoice{}.Total())
                }
                """,
        },
        ("internal/money/money.go", "(c*Cents(percent) + 50) / 10\n", "(c*Cents(percent) + 50) / 100\n"),
    ),
    planted(
        "spans",
        "go",
        {
            "go.mod": "module example.com/spans\n\ngo 1.21\n",
            "span.go": """
                package spans

                import "sort"

                type Span struct{ From, To int }

                // Merge joins spans that touch or overlap; the result is in order.
                func Merge(spans []Span) []Span {
                    ordered := append([]Span(nil), spans...)
                    sort.Slice(ordered, func(i, j int) bool { return ordered[i].From < ordered[j].From })
                    var merged []Span
                    for _, span := range ordered {
                        last := len(merged) - 1
                        if last >= 0 && span.From <= merged[last].To {
                            if span.To > merged[last].To {
                                merged[last].To = span.To
                            }
                            continue
                        }
                        merged = append(merged, span)
                    }
                    return merged
                }

                // Length is how much the spans cover.
                func Length(spans []Span) int {
                    sum := 0
                    for _, span := range Merge(spans) {
                        sum += span.To - span.From
                    }
                    return sum
                }
                """,
            "span_test.go": """
                package spans

                import (
                    "reflect"
                    "testing"
                )

                func TestMerge(t *testing.T) {
                    rows := map[string]struct{ in, want []Span }{
                        "apart":    {[]Span{{1, 2}, {4, 5}}, []Span{{1, 2}, {4, 5}}},
                        "overlap":  {[]Span{{1, 4}, {2, 6}}, []Span{{1, 6}}},
                        "inside":   {[]Span{{1, 9}, {2, 3}}, []Span{{1, 9}}},
                        "touching": {[]Span{{1, 2}, {2, 3}}, []Span{{1, 3}}},
                        "order":    {[]Span{{5, 6}, {1, 2}}, []Span{{1, 2}, {5, 6}}},
                    }
                    for name, row := range rows {
                        t.Run(name, func(t *testing.T) {
                            if got := Merge(row.in); !reflect.DeepEqual(got, row.want) {
                                t.Errorf("got %v, want %v", got, row.want)
                            }
                        })
                    }
                }

                func TestLength(t *testing.T) {
                    if got := Length([]Span{{0, 3}, {2, 5}, {7, 8}}); got != 6 {
                        t.Errorf("length is %d, want 6", got)
                    }
                }
                """,
        },
        ("span.go", "if span.To < merged[last].To {", "if span.To > merged[last].To {"),
    ),
    planted(
        "settings",
        "go",
        {
            "go.mod": "module example.com/settings\n\ngo 1.21\n",
            "settings.go": """
                package settings

                import (
                    "bufio"
                    "fmt"
                    "strings"
                )

                // Settings are values by section and key.
                type Settings struct {
                    sections map[string]map[string]string
                }

                // Parse reads lines of [section] and key = value; # begins a comment.
                func Parse(text string) (*Settings, error) {
                    found := &Settings{sections: map[string]map[string]string{}}
                    section := ""
                    scanner := bufio.NewScanner(strings.NewReader(text))
                    for number := 1; scanner.Scan(); number++ {
                        line := strings.TrimSpace(scanner.Text())
                        if line == "" || strings.HasPrefix(line, "#") {
                            continue
                        }
                        if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
                            section = line[1 : len(line)-1]
                            continue
                        }
                        key, value, ok := strings.Cut(line, "=")
                        if !ok {
                            return nil, fmt.Errorf("line %d: no value in %q", number, line)
                        }
                        found.set(section, strings.TrimSpace(key), strings.TrimSpace(value))
                    }
                    return found, scanner.Err()
                }

                func (s *Settings) set(section, key, value string) {
                    if s.sections[section] == nil {
                        s.sections[section] = map[string]string{}
                    }
                    s.sections[section][key] = value
                }

                // Get is the value of key in section, or fallback.
                func (s *Settings) Get(section, key, fallback string) string {
                    if value, ok := s.sections[section][key]; ok {
                        return value
                    }
                    return fallback
                }
                """,
            "settings_test.go": """
                package settings

                import "testing"

                const text = `
                # the server
                [server]
                host = localhost
                port = 80

                [log]
                level = info
                `

                func TestGet(t *testing.T) {
                    s, err := Parse(text)
                    if err != nil {
                        t.Fatal(err)
                    }
                    if got := s.Get("server", "port", "none"); got != "80" {
                        t.Errorf("port is %q", got)
                    }
                    if got := s.Get("log", "level", "none"); got != "info" {
                        t.Errorf("level is %q", got)
                    }
                }

                func TestFallback(t *testing.T) {
                    s, _ := Parse("")
                    if got := s.Get("server", "port", "8080"); got != "8080" {
                        t.Errorf("port is %q", got)
                    }
                }

                func TestBrokenLine(t *testing.T) {
                    if _, err := Parse("host"); err == nil {
                        t.Error("no error")
                    }
                }
                """,
        },
        (
            "settings.go",
            "    s.sections[section][key] = value\n}",
            "    if s.sections[section] == nil {\n        s.sections[section] = map[string]string{}\n    }\n"
            "    s.sections[section][key] = value\n}",
        ),
    ),
    planted(
        "routes",
        "go",
        {
            "go.work": "go 1.21\n\nuse (\n\t./graph\n\t./planner\n)\n",
            "graph/go.mod": "module example.com/graph\n\ngo 1.21\n",
            "graph/graph.go": """
                package graph

                type Graph struct {
                    edges map[string]map[string]int
                }

                func New() *Graph { return &Graph{edges: map[string]map[string]int{}} }

                // Connect puts a road of that length between two places, there and back.
                func (g *Graph) Connect(from, to string, length int) {
                    g.put(from, to, length)
                    g.put(to, from, length)
                }

                func (g *Graph) put(from, to string, length int) {
                    if g.edges[from] == nil {
                        g.edges[from] = map[string]int{}
                    }
                    g.edges[from][to] = length
                }

                // Shortest is the length of the shortest way, -1 where there is none.
                func (g *Graph) Shortest(from, to string) int {
                    distance := map[string]int{from: 0}
                    done := map[string]bool{}
                    for {
                        next, found := "", false
                        for place, length := range distance {
                            if !done[place] && (!found || length < distance[next]) {
                                next, found = place, true
                            }
                        }
                        if !found {
                            return -1
                        }
                        if next == to {
                            return distance[next]
                        }
                        done[next] = true
                        for neighbour, length := range g.edges[next] {
                            way := distance[next] + length
                            if known, ok := distance[neighbour]; !ok || way < known {
                                distance[neighbour] = way
                            }
                        }
                    }
                }
                """,
            "graph/graph_test.go": """
                package graph

                import "testing"

                func TestNoWay(t *testing.T) {
                    g := New()
                    g.Connect("a", "b", 1)
                    if got := g.Shortest("a", "z"); got != -1 {
                        t.Errorf("got %d", got)
                    }
                }
                """,
            "planner/go.mod": (
                "module example.com/planner\n\ngo 1.21\n\nrequire example.com/graph v0.0.0\n\n"
                "replace example.com/graph => ../graph\n"
            ),
            "planner/planner.go": """
                package planner

                import "example.com/graph"

                // Trip is the length of a way through all stops in their order, -1 where there is none.
                func Trip(g *graph.Graph, stops ...string) int {
                    sum := 0
                    for i := 1; i < len(stops); i++ {
                        leg := g.Shortest(stops[i-1], stops[i])
                        if leg < 0 {
                            return -1
                        }
                        sum += leg
                    }
                    return sum
                }
                """,
            "planner/planner_test.go": """
                package planner

                import (
                    "testing"

                    "example.com/graph"
                )

                func network() *graph.Graph {
                    g := graph.New()
                    g.Connect("a", "b", 4)
                    g.Connect("b", "c", 1)
                    g.Connect("a", "c", 2)
                    g.Connect("c", "d", 7)
                    return g
                }

                func TestTrip(t *testing.T) {
                    if got := Trip(network(), "a", "b", "d"); got != 11 {
                        t.Errorf("got %d, want 11", got)
                    }
                }

                func TestStay(t *testing.T) {
                    if got := Trip(network(), "a"); got != 0 {
                        t.Errorf("got %d, want 0", got)
                    }
                }
                """,
        },
        ("graph/graph.go", "    g.put(to, to, length)", "    g.put(to, from, length)"),
    ),
    planted(
        "retry",
        "go",
        {
            "go.mod": "module example.com/retry\n\ngo 1.21\n",
            "retry.go": """
                package retry

                import (
                    "errors"
                    "time"
                )

                var ErrGaveUp = errors.New("gave up")

                type Policy struct {
                    Attempts int
                    Base     time.Duration
                    Most     time.Duration
                    Sleep    func(time.Duration)
                }

                // Delay before attempt n, counted from 1: it doubles up to the most.
                func (p Policy) Delay(n int) time.Duration {
                    delay := p.Base
                    for i := 1; i < n; i++ {
                        delay *= 2
                        if delay > p.Most {
                            return p.Most
                        }
                    }
                    return delay
                }

                // Do calls work until it succeeds.
                func (p Policy) Do(work func() error) error {
                    for n := 1; n <= p.Attempts; n++ {
                        if err := work(); err == nil {
                            return nil
                        }
                        if n < p.Attempts {
                            p.Sleep(p.Delay(n))
                        }
                    }
                    return ErrGaveUp
                }
                """,
            "retry_test.go": """
                package retry

                import (
                    "errors"
                    "reflect"
                    "testing"
                    "time"
                )

                func run(failures int) (slept []time.Duration, calls int, err error) {
                    p := Policy{4, time.Second, 3 * time.Second, func(d time.Duration) { slept = append(slept, d) }}
                    err = p.Do(func() error {
                        calls++
                        if calls <= failures {
                            return errors.New("not yet")
                        }
                        return nil
                    })
                    return
                }

                func TestFirst(t *testing.T) {
                    slept, calls, err := run(0)
                    if err != nil || calls != 1 || slept != nil {
                        t.Error(slept, calls, err)
                    }
                }

                func TestThird(t *testing.T) {
                    slept, calls, err := run(2)
                    want := []time.Duration{time.Second, 2 * time.Second}
                    if err != nil || calls != 3 || !reflect.DeepEqual(slept, want) {
                        t.Error(slept, calls, err)
                    }
                }

                func TestGivesUp(t *testing.T) {
                    slept, calls, err := run(9)
                    want := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}
                    if !errors.Is(err, ErrGaveUp) || calls != 4 || !reflect.DeepEqual(slept, want) {
                        t.Error(slept, calls, err)
                    }
                }
                """,
        },
        ("retry.go", "if err := work(); err != nil {", "if err := work(); err == nil {"),
    ),
    planted(
        "scores",
        "go",
        {
            "go.mod": "module example.com/scores\n\ngo 1.21\n",
            "scores.go": """
                package scores

                import "sort"

                // Mean of the values, 0 of none.
                func Mean(values []float64) float64 {
                    if len(values) == 0 {
                        return 0
                    }
                    sum := 0.0
                    for _, value := range values {
                        sum += value
                    }
                    return sum / float64(len(values))
                }

                // Median of the values, 0 of none.
                func Median(values []float64) float64 {
                    if len(values) == 0 {
                        return 0
                    }
                    ordered := append([]float64{}, values...)
                    sort.Float64s(ordered)
                    middle := len(ordered) / 2
                    if len(ordered)%2 == 1 {
                        return ordered[middle]
                    }
                    return (ordered[middle-1] + ordered[middle]) / 2
                }

                // Range is the distance of the largest value from the smallest.
                func Range(values []float64) float64 {
                    if len(values) == 0 {
                        return 0
                    }
                    least, most := values[0], values[0]
                    for _, value := range values[1:] {
                        if value < least {
                            least = value
                        }
                        if value > most {
                            most = value
                        }
                    }
                    return most - least
                }
                """,
            "scores_test.go": """
                package scores

                import "testing"

                func check(t *testing.T, got, want float64) {
                    t.Helper()
                    if got != want {
                        t.Errorf("got %v, want %v", got, want)
                    }
                }

                func TestMean(t *testing.T) {
                    check(t, Mean([]float64{1, 2, 6}), 3)
                    check(t, Mean(nil), 0)
                }

                func TestMedianOdd(t *testing.T)  { check(t, Median([]float64{9, 1, 5}), 5) }
                func TestMedianEven(t *testing.T) { check(t, Median([]float64{4, 1, 3, 2}), 2.5) }
                func TestRange(t *testing.T)      { check(t, Range([]float64{4, -1, 3}), 5) }
                func TestRangeFalling(t *testing.T) { check(t, Range([]float64{9, 7, 3}), 6) }
                """,
        },
        ("scores.go", "if len(ordered)%2 == 0 {", "if len(ordered)%2 == 1 {"),
        ("scores.go", "return most + least", "return most - least"),
    ),
    planted(
        "tickets",
        "go",
        {
            "go.mod": "module example.com/tickets\n\ngo 1.21\n",
            "queue/queue.go": """
                package queue

                type Ticket struct {
                    ID       int
                    Priority int
                }

                // Queue hands out the ticket of the highest priority first, the oldest of equals.
                type Queue struct {
                    waiting []Ticket
                    last    int
                }

                func (q *Queue) Add(priority int) int {
                    q.last++
                    q.waiting = append(q.waiting, Ticket{q.last, priority})
                    return q.last
                }

                func (q *Queue) Len() int { return len(q.waiting) }

                func (q *Queue) Next() (Ticket, bool) {
                    if len(q.waiting) == 0 {
                        return Ticket{}, false
                    }
                    best := 0
                    for i, ticket := range q.waiting {
                        if ticket.Priority > q.waiting[best].Priority {
                            best = i
                        }
                    }
                    found := q.waiting[best]
                    q.waiting = append(q.waiting[:best], q.waiting[best+1:]...)
                    return found, true
                }
                """,
            "queue/queue_test.go": """
                package queue

                import "testing"

                func TestOldestOfEquals(t *testing.T) {
                    var q Queue
                    first := q.Add(2)
                    q.Add(2)
                    q.Add(1)
                    if got, _ := q.Next(); got.ID != first {
                        t.Errorf("got %d, want %d", got.ID, first)
                    }
                    if q.Len() != 2 {
                        t.Errorf("%d left", q.Len())
                    }
                }

                func TestEmpty(t *testing.T) {
                    var q Queue
                    if _, ok := q.Next(); ok {
                        t.Error("something in nothing")
                    }
                }
                """,
            "report/report.go": """
                package report

                import (
                    "fmt"
                    "strings"

                    "example.com/tickets/queue"
                )

                // Table lists tickets, one a line, with a mark for urgent ones.
                func Table(tickets []queue.Ticket, urgent int) string {
                    var lines []string
                    for _, ticket := range tickets {
                        mark := " "
                        if ticket.Priority >= urgent {
                            mark = "!"
                        }
                        lines = append(lines, fmt.Sprintf("%s%03d p%d", mark, ticket.ID, ticket.Priority))
                    }
                    return strings.Join(lines, "\\n")
                }
                """,
            "report/report_test.go": """
                package report

                import (
                    "testing"

                    "example.com/tickets/queue"
                )

                func TestTable(t *testing.T) {
                    got := Table([]queue.Ticket{{ID: 7, Priority: 1}, {ID: 12, Priority: 3}}, 3)
                    if want := " 007 p1\\n!012 p3"; got != want {
                        t.Errorf("got %q, want %q", got, want)
                    }
                }

                func TestEmptyTable(t *testing.T) {
                    if got := Table(nil, 1); got != "" {
                        t.Errorf("got %q", got)
                    }
                }
                """,
        },
        ("queue/queue.go", "ticket.Priority >= q.waiting[best].Priority", "ticket.Priority > q.waiting[best].Priority"),
        (
            "report/report.go",
            'fmt.Sprintf("%s%03d p%d", mark, ticket.Priority, ticket.ID)',
            'fmt.Sprintf("%s%03d p%d", mark, ticket.ID, ticket.Priority)',
        ),
    ),
]
