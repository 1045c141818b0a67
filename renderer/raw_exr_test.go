package renderer_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// openEXR is an OpenEXR file as a reader of the format sees it.
type openEXR struct {
	attributes map[string]string // "type value"
	width      int
	height     int
	channels   map[string][][]float64 // rows of numbers
}

// readEXR reads a file of scan lines without compression by its own description of itself.
func readEXR(t require.TestingT, file []byte) openEXR {
	require.Equal(t, "\x76\x2f\x31\x01\x02\x00\x00\x00", string(file[:8]))
	at := 8
	text := func() string {
		end := at + bytes.IndexByte(file[at:], 0)
		word := string(file[at:end])
		at = end + 1
		return word
	}
	word := func() int { at += 4; return int(int32(binary.LittleEndian.Uint32(file[at-4:]))) }
	out := openEXR{attributes: make(map[string]string), channels: make(map[string][][]float64)}
	for file[at] != 0 {
		name, kind := text(), text()
		size := word()
		out.attributes[name] = kind + " " + string(file[at:at+size])
		at += size
	}
	at++
	require.Equal(t, "compression \x00", out.attributes["compression"])
	require.Equal(t, "lineOrder \x00", out.attributes["lineOrder"])
	require.Equal(t, out.attributes["dataWindow"], out.attributes["displayWindow"])
	window := []byte(strings.TrimPrefix(out.attributes["dataWindow"], "box2i "))
	out.width, out.height = int(binary.LittleEndian.Uint32(window[8:]))+1, int(binary.LittleEndian.Uint32(window[12:]))+1
	table := at
	for y := range out.height {
		at = int(binary.LittleEndian.Uint64(file[table+8*y:]))
		require.Equal(t, y, word())
		end := word() + at
		for list := []byte(strings.TrimPrefix(out.attributes["channels"], "chlist ")); list[0] != 0; {
			name, rest, _ := bytes.Cut(list, []byte{0})
			out.channels[string(name)] = append(out.channels[string(name)], numbers(t, file, &at, rest[0], out.width))
			list = rest[16:]
		}
		require.Equal(t, end, at)
	}
	require.Len(t, file, at)
	return out
}

// numbers reads a row of numbers of a kind.
func numbers(t require.TestingT, file []byte, at *int, kind byte, width int) (row []float64) {
	for range width {
		switch kind {
		case 0:
			row = append(row, float64(binary.LittleEndian.Uint32(file[*at:])))
		case 1:
			h := binary.LittleEndian.Uint16(file[*at:])
			*at -= 2
			x := math.Ldexp(float64(h&1023), -24)
			if exponent := int(h >> 10); exponent > 0 {
				x = math.Ldexp(1024+float64(h&1023), exponent-25)
			}
			row = append(row, x)
		case 2:
			row = append(row, float64(math.Float32frombits(binary.LittleEndian.Uint32(file[*at:]))))
		default:
			require.Fail(t, "unknown type of channel")
		}
		*at += 4
	}
	return row
}

// TestEXRChannelsAreTheOrbits compares with plain complex arithmetic, in views of every orientation.
func TestEXRChannelsAreTheOrbits(t *testing.T) {
	t.Parallel()
	const width, height, limit = 60, 40, 200
	turned := cmplx.Rect(1, 30*math.Pi/180)
	for name, c := range map[string]struct {
		view  string
		point func(x, y float64) complex128
		// A pixel to the right and one down, in the plane.
		right, down complex128
	}{
		"rotated": {
			view: `"center":{"re":-0.5,"im":0.25},"radius":1,"rotation":30`,
			point: func(x, y float64) complex128 {
				return complex(-0.5, 0.25) + turned*complex(x-width/2, height/2-y)*2/height
			},
			right: turned * 2 / height, down: turned * -2i / height,
		},
		"mirrored": {
			view: `"center":{"re":-0.5,"im":0.25},"radius":1,"rotation":30,"mirror":true`,
			point: func(x, y float64) complex128 {
				return complex(-0.5, 0.25) + turned*complex(x-width/2, y-height/2)*2/height
			},
			right: turned * 2 / height, down: turned * 2i / height,
		},
		"stretched": {
			view: `"center":{"re":-0.5,"im":0.25},"radius":0.8,"rotation":30,"mirror":true,"stretch":{"amount":0.75,"angle":20}`,
			point: func(x, y float64) complex128 {
				return complex(-0.5, 0.25) + turned*stretched(complex(x-width/2, y-height/2)*1.6/height, 0.75, 20)
			},
			right: turned * stretched(1.6/height, 0.75, 20), down: turned * stretched(1.6i/height, 0.75, 20),
		},
		"window": {
			view:  `"window":{"re":[-2,1],"im":[-1,1.5]}`,
			point: func(x, y float64) complex128 { return complex(-2+3*(x-0.5)/(width-1), 1.5-2.5*(y-0.5)/(height-1)) },
			right: 3.0 / (width - 1), down: -2.5i / (height - 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, fmt.Sprintf(`{"width":%d,"height":%d,"max_iterations":%d,"format":"exr",%s}`, width, height, limit, c.view))
			got := readEXR(t, file(t, s, renderer.Options{}))
			counts := readNPY(t, file(t, as(t, s, spec.NPY), renderer.Options{}))
			require.Equal(t, "int \x00\x04\x00\x00", got.attributes["IterationsBias"])
			require.Equal(t, "int \xc8\x00\x00\x00", got.attributes["Iterations"])
			require.Equal(t, "string "+string(s.Canonical()), got.attributes["mandelfarm"])
			require.Equal(t, [2]int{width, height}, [2]int{got.width, got.height})
			compared := 0
			for y := range height {
				for x := range width {
					at := func(channel string) float64 { return got.channels[channel][y][x] }
					if math.IsNaN(counts[y][x]) {
						require.Equal(t, [5]float64{math.MaxUint32}, [5]float64{at("N"), at("NF"), at("T"), at("DEX"), at("DEY")})
						continue
					}
					continuous := counts[y][x] + 1 + math.Log2(math.Log(256))
					require.InDelta(t, continuous, at("N")+at("NF")-1024, 1e-6)
					require.True(t, at("NF") >= 0 && at("NF") < 1 && at("T") >= 0 && at("T") < 1)
					z, dz, point := complex128(0), complex128(0), c.point(float64(x)+0.5, float64(y)+0.5)
					for n := 0; n < limit && cmplx.Abs(z) <= 256; n++ {
						z, dz = z*z+point, 2*z*dz+1
					}
					if continuous > 30 {
						continue // where rounding counts
					}
					compared++
					away := math.Mod(at("T")-cmplx.Phase(z)/(2*math.Pi)+2.5, 1) - 0.5
					require.InDelta(t, 0, away, 1e-4)
					// |z| grows by Re(conj(z)/|z| * dz * v) for a small step v.
					grows := func(v complex128) float64 { return real(cmplx.Conj(z) * dz * v / complex(cmplx.Abs(z), 0)) }
					right, down := grows(c.right), grows(c.down)
					length := cmplx.Abs(z) * math.Log(cmplx.Abs(z)) / (right*right + down*down)
					require.InEpsilon(t, length*right, at("DEX"), 1e-3)
					require.InEpsilon(t, length*down, at("DEY"), 1e-3)
				}
			}
			require.Greater(t, compared, width*height/2)
		})
	}
}

// TestEXRColoursAreThePictures in linear light, with the samples that the Spec has.
func TestEXRColoursAreThePictures(t *testing.T) {
	t.Parallel()
	linear := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	for name, text := range map[string]string{
		"smooth":      `"coloring":{"palette":"fire","interior":"#204060"}`,
		"samples":     `"samples":5`,
		"set":         `"coloring":{"method":"set"}`,
		"set-samples": `"samples":3,"coloring":{"method":"set"}`,
		"gray":        `"coloring":{"palette":"gray"}`,
		"distance":    `"coloring":{"method":"distance"}`,
		"slope":       `"samples":2,"coloring":{"method":"slope"}`,
		"histogram":   `"coloring":{"method":"histogram"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, `{"width":61,"height":45,"max_iterations":60,"format":"exr",`+text+`}`)
			got := readEXR(t, file(t, s, renderer.Options{}))
			picture := changed(t, s, func(d *spec.Draft) { d.Format, d.Depth = spec.PNG, 16 })
			want, err := png.Decode(bytes.NewReader(file(t, picture, renderer.Options{})))
			require.NoError(t, err)
			differ := 0
			for y := range s.Height {
				for x := range s.Width {
					r, g, b, _ := want.At(x, y).RGBA()
					for channel, value := range map[string]uint32{"R": r, "G": g, "B": b} {
						light := linear(float64(value) / 0xffff)
						if got := got.channels[channel][y][x]; math.Abs(got-light) > light/2048+1e-7 {
							differ++
						}
					}
				}
			}
			if s.Coloring.Method == spec.MethodSet {
				assert.Less(t, differ, 61*45*3/50, "points that pass 2 in time but not 256")
				return
			}
			assert.Zero(t, differ)
		})
	}
}

// TestEXRDropsTheDepth, which it always has, and keeps what is seen in its colours.
func TestEXRDropsTheDepth(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":8,"height":6,"samples":4,"depth":16,"coloring":{"palette":"fire"},"format":"exr"}`)
	assert.Equal(t, parse(t, `{"width":8,"height":6,"samples":4,"coloring":{"palette":"fire"},"format":"exr"}`), s)
	assert.NotEqual(t, s.ID(), as(t, s, spec.PNG).ID())
	_, err := spec.Parse([]byte(`{"width":99999999,"height":6,"format":"exr"}`))
	var fault *spec.FieldError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "width", fault.Field)
}
