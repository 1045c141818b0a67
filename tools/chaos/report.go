package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// trials is what came of each fault.
type trials struct {
	names  []string
	number map[string]int
	takes  map[string][]time.Duration // from the fault's end to the next job that is done
}

func newTrials(all []fault) *trials {
	t := &trials{number: map[string]int{}, takes: map[string][]time.Duration{}}
	for _, f := range all {
		t.names = append(t.names, f.name)
	}
	return t
}

func (t *trials) add(name string, took time.Duration) {
	t.number[name]++
	t.takes[name] = append(t.takes[name], took)
}

// markdown is a table of them.
func (t *trials) markdown() string {
	var text strings.Builder
	text.WriteString("| fault | trials | next job done after, median | worst |\n|---|---|---|---|\n")
	for _, name := range t.names {
		takes := slices.Sorted(slices.Values(t.takes[name]))
		if len(takes) == 0 {
			continue
		}
		fmt.Fprintf(&text, "| %s | %d | %.1f s | %.1f s |\n", name, t.number[name], takes[len(takes)/2].Seconds(), takes[len(takes)-1].Seconds())
	}
	return text.String()
}
