package foreign

import (
	"strings"

	"mandelfarm/renderer/spec"
)

// ReadWithColors reads a place from one file and its colours from another: one of Kalles Fraktaler's, of which all that is about
// colours counts, or a map or a gradient, which is the palette alone. Nothing else of that file counts, its formula neither.
func ReadWithColors(place, colors File, size Size) (Picture, error) {
	p, d, err := read(place)
	if err != nil {
		return Picture{}, err
	}
	if len(colors.Data) > MaxSize {
		return Picture{}, fault("", "", "the palette's file is too large")
	}
	whole := colors.Format == Kalles || colors.Format == KallesColors
	if whole {
		d.Coloring = spec.Coloring{}
	}
	painted, err := readColors(colors.Format, plainText(colors.Data), &d)
	if err != nil {
		return Picture{}, err
	}
	var losses []Loss
	for _, loss := range p.allLosses() {
		if !replaced(loss.Key, whole) {
			losses = append(losses, loss)
		}
	}
	return picture(d, size, append(losses, painted.allLosses()...))
}

// readColors reads the colours of a file for a picture.
func readColors(format Format, data []byte, wanted *spec.Draft) (*params, error) {
	switch format {
	case Kalles, KallesColors:
		return readKallesColors(data, wanted)
	case FractintMap:
		return readMap(data, wanted)
	case UltraGradient:
		return readGradient(data, wanted)
	case Fraktaler, RustFractal, DeepDrill, Imagina:
	}
	return nil, fault("", string(format), "has no colours that are read: want a .kfp, .kfr, .map or .ugr")
}

// replaced reports whether what a place's file has under a key does not count, because its colours are those of another file: all
// of them, or the palette.
func replaced(key string, whole bool) bool {
	if !whole {
		return key == "Colors" || key == "palette" || key == "palette.image" || key == "colour.shader"
	}
	if _, ofColors := kallesColorKeys()[key]; ofColors {
		return true
	}
	for _, table := range []string{"colour.", "postprocessing.", "palette.", "lighting.", "texture.", "gpu."} {
		if strings.HasPrefix(key, table) {
			return true
		}
	}
	return strings.HasPrefix(rustFractalKeys()[key].reason, "colours")
}
