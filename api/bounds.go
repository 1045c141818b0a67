package api

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Bounds are what a picture may cost that is drawn while somebody waits. It must also be within [Config.Limits], as a job must.
type Bounds struct {
	Pixels     int64         // samples of all pixels
	Iterations int64         // of all samples together, unless they are "auto"
	Reference  time.Duration // that its reference orbit may take, as estimated
}

// check refuses what would keep the interactive workers from others.
func (b Bounds) check(wanted spec.Spec) error {
	points := int64(wanted.Width) * int64(wanted.Height) * int64(wanted.Samples)
	if points > b.Pixels {
		return &spec.FieldError{Field: "width", Value: strconv.Itoa(wanted.Width), Reason: fmt.Sprintf(
			"width times height times samples must be at most %d here; POST /jobs takes larger pictures", b.Pixels)}
	}
	if int64(wanted.MaxIterations) > b.Iterations/points {
		return &spec.FieldError{Field: "max_iterations", Value: wanted.MaxIterations.String(), Reason: fmt.Sprintf(
			"must be at most %d for this size here; POST /jobs takes longer pictures", b.Iterations/points)}
	}
	err := renderer.Limits{Reference: b.Reference}.Check(wanted)
	if fault, ok := errors.AsType[*spec.FieldError](err); ok {
		fault.Reason += " here; POST /jobs takes longer pictures"
	}
	return err
}

// checkStranger refuses to draw for nobody in particular what is not small. Whatever is stored, they may see.
func (b Bounds) checkStranger(wanted spec.Spec) error {
	err := b.check(wanted)
	if fault, ok := errors.AsType[*spec.FieldError](err); ok {
		return fmt.Errorf("%w: to have this picture drawn takes the role submit: %s %s", errNoKey, fault.Field, fault.Reason)
	}
	return err
}
