package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// line is a job in one line: what it is, and how it stands.
func line(st job.Status) string {
	return fmt.Sprintf("%s  %s  %-20s  %s", st.ID, st.AcceptedAt.Local().Format(time.DateTime), drawing(st), standing(st))
}

// drawing says what a job draws.
func drawing(st job.Status) string {
	what := fmt.Sprintf("%s %dx%d", st.Spec.Formula, st.Spec.Width, st.Spec.Height)
	if st.Spec.Format != spec.PNG {
		what += " " + st.Spec.Format.String()
	}
	if st.Title != "" {
		what += "  " + st.Title
	}
	return what
}

// standing says how far a job has come, in a few words.
func standing(st job.Status) string {
	words := []string{string(st.State)}
	switch st.State {
	case job.Queued, job.Running:
		words = append(words, advance(st.Progress)...)
	case job.Done:
		words = append(words, size(st.Bytes))
	case job.Failed:
		words = append(words, st.Error)
	case job.Canceled:
	}
	return strings.Join(words, ", ")
}

// advance is what is known of an open job's progress.
func advance(p job.Progress) (words []string) {
	if p.Paused {
		words = append(words, "paused")
	}
	if p.Position > 0 {
		words = append(words, fmt.Sprintf("place %d", p.Position))
	}
	if p.Prepass > 0 {
		words = append(words, fmt.Sprintf("reference orbit %.1f %%", 100*p.Prepass))
	}
	if p.Bands > 0 {
		words = append(words, fmt.Sprintf("%d of %d bands", p.BandsDone, p.Bands))
	}
	if p.Fraction > 0 {
		words = append(words, fmt.Sprintf("%.0f %%", 100*p.Fraction))
	}
	if p.PixelsPerSecond > 0 {
		words = append(words, fmt.Sprintf("%.1f Mpixel/s", p.PixelsPerSecond/1e6))
	}
	if len(p.Workers) > 1 {
		words = append(words, fmt.Sprintf("%d workers", len(p.Workers)))
	}
	if left := time.Until(p.ETA).Round(time.Second); !p.ETA.IsZero() && left > 0 {
		words = append(words, left.String()+" left")
	}
	return words
}

// size is a number of bytes for people.
func size(bytes int64) string {
	const kilo = 1000
	if bytes < kilo {
		return fmt.Sprintf("%d bytes", bytes)
	}
	value, unit := float64(bytes)/kilo, 0
	for value >= kilo && unit < 3 {
		value /= kilo
		unit++
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGT"[unit])
}

// details is all there is to say of a job but its Spec, a line each.
func details(st job.Status) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, value)
		}
	}
	row("job", string(st.ID))
	row("picture", drawing(st))
	row("tags", strings.Join(st.Tags, " "))
	row("priority", string(st.Priority))
	row("pool", string(st.Pool))
	row("state", standing(st))
	row("accepted", moment(st.AcceptedAt))
	row("started", moment(st.StartedAt))
	row("expected", moment(st.ETA))
	row("finished", moment(st.FinishedAt))
	if st.Attempts > 1 {
		row("attempts", strconv.Itoa(st.Attempts))
	}
	if len(st.Workers) > 0 {
		row("workers", strings.Join(st.Workers, " "))
	} else {
		row("worker", st.Worker)
	}
	if st.State != job.Failed { // else it is in the state
		row("last error", st.Error)
	}
	_ = table.Flush() // into memory
	return strings.TrimSuffix(out.String(), "\n")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// printReaders says which programs open a picture, if it is too large for some.
func printReaders(stderr io.Writer, s spec.Spec) error {
	opens, refuses := s.OpensIn()
	if len(refuses) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(stderr, "opens in: %s; too large for: %s\n", strings.Join(opens, ", "), strings.Join(refuses, ", "))
	return err
}

// onlyID is a job's ID, for scripts.
func onlyID(st job.Status) string { return string(st.ID) }
