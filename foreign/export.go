package foreign

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"mandelfarm/renderer/spec"
)

// Exported is a Spec in another program's file, and what of it that file cannot say.
type Exported struct {
	Data   []byte
	Losses []Loss // of the Spec's fields
}

// Exports lists the formats that Export writes.
func Exports() []Format { return []Format{Kalles, Fraktaler, Imagina} }

// autoIterations stand for Auto in files, which have a number for it.
const autoIterations = 100_000

// Export writes a Spec as a file of a format. Read makes the same Spec of it, but for the losses, which are found by reading it.
// A formula that the program does not have, or a view that it cannot say, is a *spec.FieldError.
func Export(format Format, s spec.Spec) (Exported, error) {
	if s.Window != (spec.Window{}) {
		return Exported{}, fault("window", "", "is no centre and radius, which the file has")
	}
	d := s.Draft()
	if d.MaxIterations == spec.Auto {
		d.MaxIterations = autoIterations
	}
	var data []byte
	var err error
	switch format {
	case Kalles:
		data, err = exportKalles(d)
	case Fraktaler:
		data, err = exportFraktaler(d)
	case Imagina:
		data, err = exportImagina(d)
	case RustFractal, DeepDrill, KallesColors, FractintMap, UltraGradient:
		err = fault("format", string(format), "is no format that is written: want kfr, f3 or im")
	default:
		err = fault("format", string(format), "is not a known format")
	}
	if err != nil {
		return Exported{}, err
	}
	again, err := Read(format, data, Size{})
	if err != nil {
		return Exported{}, fmt.Errorf("export %s: %w", format, err)
	}
	return Exported{Data: data, Losses: differences(s, again.Spec)}, nil
}

// differences lists the fields of a Spec that are others when it is read again.
func differences(want, got spec.Spec) (losses []Loss) {
	was, is := fields(want), fields(got)
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if was[name] == is[name] {
			continue
		}
		reason := "cannot be said in such a file"
		if is[name] != "" {
			reason += ", in which it is " + abridge(is[name])
		}
		losses = append(losses, Loss{Key: name, Value: abridge(was[name]), Reason: reason})
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, known := was[name]; !known {
			losses = append(losses, Loss{Key: name, Reason: "is " + abridge(is[name]) + " in such a file"})
		}
	}
	return losses
}

// fields are those of a Spec by their paths, in canonical form.
func fields(s spec.Spec) map[string]string {
	all := make(map[string]string)
	flattenJSON("", s.Canonical(), all)
	return all
}

// flattenJSON adds what is in an object under its path.
func flattenJSON(path string, data []byte, to map[string]string) {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil || object == nil {
		var text string
		if json.Unmarshal(data, &text) != nil {
			text = string(data)
		}
		to[path] = text
		return
	}
	for name, value := range object {
		if path != "" {
			name = path + "." + name
		}
		flattenJSON(name, value, to)
	}
}

// unsayable is the error of a formula that a program does not have.
func unsayable(d spec.Draft, program string) error {
	return fault("formula", string(d.Formula), "is not one of "+program)
}
