package renderer

import (
	"time"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

const (
	// autoIterations is what "auto" is taken for before anybody has looked at the view: more than most come to, and far below what it may come to.
	autoIterations = 20_000
	// iterationsPerSecond is how many iterations a second of one core is taken for.
	iterationsPerSecond = 1e9

	// What marks of a pixel take, besides: a second time of so many times the iterations, as each of them is one of plain Go, and a proof.
	markedTimes     = 5
	proofIterations = 1 << 13
)

// quickCost is some milliseconds of one core, which is what looking for a picture takes.
const quickCost = 4e6

// IsQuick reports whether a picture is drawn as soon as it is looked for: it may take few iterations, and no prepass.
func IsQuick(s spec.Spec) bool { return Cost(s) <= quickCost && PrepassKey(s) == "" }

// Cost says what drawing a picture may take, in iterations, before anything is computed: those of all its samples, if none of them escapes, those of the
// search for their periods and of marks, and those that the
// time stands for in which the reference of a deep view is computed. Nearly all pictures take much less.
func Cost(s spec.Spec) float64 {
	iterations := float64(s.MaxIterations)
	if s.MaxIterations == spec.Auto {
		iterations = autoIterations
	}
	sample, pixel := iterations, 0.0
	if s.Coloring.Periods {
		sample += escape.PeriodSteps
	}
	if s.Undecided {
		pixel = markedTimes*iterations + proofIterations
	}
	return float64(s.Width)*float64(s.Height)*(float64(float64(s.Samples)*sample)+pixel) + LookCost(s, 0)
}

// LookCost is what looking at a picture for a while may take, in iterations as [Cost] has them: a deep view has to have its reference for that.
func LookCost(s spec.Spec, while time.Duration) float64 {
	if IsDeep(s) {
		while += deepView(s).Estimate()
	}
	return while.Seconds() * iterationsPerSecond
}
