package job

import (
	"errors"
	"time"

	"mandelfarm/renderer/spec"
)

// Plan is how a large picture is divided among workers. It has no influence on
// the file: bands are runs of the segments that every file consists of.
type Plan struct {
	MadeAt time.Time `json:"made_at,omitzero"`
	Bands  []Band    `json:"bands"` // from the top down, without gaps
}

// Band is a run of rows that one task draws.
type Band struct {
	Start   int     `json:"start"`   // first row, a multiple of spec.SegmentRows
	End     int     `json:"end"`     // the row after the last
	Seconds float64 `json:"seconds"` // that drawing it is expected to take one worker
}

// Rows are the rows of the band.
func (b Band) Rows() spec.Rows { return spec.Rows{Start: b.Start, End: b.End} }

// Rows are the rows of each band.
func (p Plan) Rows() map[int]spec.Rows {
	rows := make(map[int]spec.Rows, len(p.Bands))
	for i, b := range p.Bands {
		rows[i] = b.Rows()
	}
	return rows
}

// Check reports an error unless the bands are the rows of a picture of this
// height.
func (p Plan) Check(height int) error {
	row := 0
	for _, b := range p.Bands {
		if b.Start != row || b.End <= b.Start || b.Start%spec.SegmentRows != 0 {
			return errPlan
		}
		row = b.End
	}
	if row != height {
		return errPlan
	}
	return nil
}

var errPlan = errors.New("the plan's bands are not the rows of the picture")

// Completion is when a band was stored.
type Completion struct {
	Band int
	At   time.Time // zero if not known
}

// Drawing is how much of a band that is not stored is drawn.
type Drawing struct {
	Band  int
	Rows  int
	Since time.Time // when it was begun
}

// rateWindow is how far back the speed of a job is measured: some bands long.
const rateWindow = 30 * time.Second

// work is some of a plan's, and the time from which it was done.
type work struct {
	seconds, pixels float64
	since           time.Time
}

// Progress is how far a picture of this width has come by now, given the bands
// that are stored, in the order of their times, and those that are being drawn.
func (p Plan) Progress(width int, stored []Completion, drawing []Drawing, now time.Time) Progress {
	var total float64
	for _, b := range p.Bands {
		total += b.Seconds
	}
	done, recent, count := p.stored(width, stored, now)
	begun := p.begun(width, stored, drawing, now)
	done += begun.seconds
	if recent.seconds == 0 { // which would count what was drawn of these before
		recent = begun
	}
	progress := Progress{State: Running, Bands: len(p.Bands), BandsDone: count}
	if total > 0 {
		progress.Fraction = done / total
	}
	if elapsed := now.Sub(recent.since).Seconds(); recent.seconds > 0 && elapsed > 0 {
		progress.PixelsPerSecond = recent.pixels / elapsed
		left := (total - done) / (recent.seconds / elapsed)
		progress.ETA = now.Add(time.Duration(left * float64(time.Second))).UTC().Truncate(time.Second)
	}
	return progress
}

// stored is the work of the bands that are stored, what was done of it of late, and
// how many they are.
func (p Plan) stored(width int, stored []Completion, now time.Time) (done float64, recent work, count int) {
	recent.since = now
	for i, c := range stored {
		if c.Band < 0 || c.Band >= len(p.Bands) {
			continue
		}
		b := p.Bands[c.Band]
		count++
		done += b.Seconds
		if i == 0 || stored[i-1].At.IsZero() || now.Sub(c.At) > rateWindow { // what the first band took is not known
			continue
		}
		if recent.seconds == 0 {
			recent.since = stored[i-1].At
			if limit := now.Add(-rateWindow); recent.since.Before(limit) {
				recent.since = limit
			}
		}
		recent.seconds += b.Seconds
		recent.pixels += float64(width) * float64(b.End-b.Start)
	}
	return done, recent, count
}

// begun is the work that is done of bands which are not stored.
func (p Plan) begun(width int, stored []Completion, drawing []Drawing, now time.Time) work {
	whole := make(map[int]bool, len(stored))
	for _, c := range stored {
		whole[c.Band] = true
	}
	begun := work{since: now}
	for _, d := range drawing {
		if d.Band < 0 || d.Band >= len(p.Bands) || whole[d.Band] {
			continue
		}
		b := p.Bands[d.Band]
		rows := min(max(0, d.Rows), b.End-b.Start)
		begun.seconds += b.Seconds * float64(rows) / float64(b.End-b.Start)
		begun.pixels += float64(width) * float64(rows)
		if d.Since.Before(begun.since) {
			begun.since = d.Since
		}
	}
	return begun
}
