package spec

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// TileSide is the width and the height of a tile, in pixels.
const TileSide = 256

// maxTileLevel bounds the cost of a tile's address, whatever the configured limits are.
const maxTileLevel = 50_000

// TileFromQuery returns the tile in column x and row y, given in decimal digits, of the level z: one of the 2^z by 2^z
// squares that the square from -2-2i to 2+2i is cut into, with column 0 on the left and row 0 at the top. The parameters
// are those of [FromQuery] but the ones that say where the view is. The iterations are Auto unless given. Errors are of
// type *FieldError and name z, x, y or a parameter.
//
// Tiles share their prepass: the reference of a deep one, and what Auto stands for, are those of a square that holds
// 2 to 16 tiles in a row.
func TileFromQuery(z, x, y string, values map[string][]string) (Spec, error) {
	return tileFromQuery(z, x, y, PNG, viewParameters(), values)
}

// DataTileFromQuery is TileFromQuery for packed raw data, of PackedCounts unless the format is given. It has no parameters for
// what has no effect on that.
func DataTileFromQuery(z, x, y string, values map[string][]string) (Spec, error) {
	fixed := append(viewParameters(), "samples", "depth", "coloring", "palette", "smooth", "range", "equalize", "density", "offset", "cyclic", "steps", "light", "relief", "interior", "counts", "undecided")
	tile, err := tileFromQuery(z, x, y, PackedCounts, fixed, values)
	if err == nil && !tile.Format.IsPacked() {
		return Spec{}, NewFieldError("format", tile.Format.String(), oneOf([]FileFormat{PackedCounts, PackedGradients}))
	}
	return tile, err
}

// viewParameters are those that say where a view is.
func viewParameters() []string {
	return []string{"re", "im", "radius", "exact", "rotation", "mirror", "stretch_amount", "stretch_angle"}
}

func tileFromQuery(z, x, y string, format FileFormat, fixed []string, values map[string][]string) (Spec, error) {
	level, err := strconv.Atoi(z)
	if err != nil || level < 0 || level > maxTileLevel {
		return Spec{}, NewFieldError("z", z, fmt.Sprintf("must be a whole number from 0 to %d", maxTileLevel))
	}
	column, fault := tileNumber("x", x, level)
	if fault != nil {
		return Spec{}, fault
	}
	row, fault := tileNumber("y", y, level)
	if fault != nil {
		return Spec{}, fault
	}
	d := Draft{Width: TileSide, Height: TileSide, MaxIterations: Auto, Format: format}
	d.Center, d.Radius = Cell{level, column, row}.View()
	return fromQuery(d, fixed, values)
}

// tileNumber reads the number of a column or row.
func tileNumber(field, text string, level int) (*big.Int, *FieldError) {
	digits := strings.TrimLeft(text, "0")
	if text != "" && allDigits(text) && float64(len(digits)) <= float64(level)*math.Log10(2)+1 {
		n, _ := new(big.Int).SetString("0"+digits, 10)
		if n.BitLen() <= level {
			return n, nil
		}
	}
	return nil, NewFieldError(field, text, fmt.Sprintf("must be a whole number from 0 to below 2^%d", level))
}
