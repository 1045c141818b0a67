package renderer_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// rewritten is a file whose texts another program has written anew.
func rewritten(t *testing.T, file []byte, write func(keyword, value string) (kind, data string)) []byte {
	t.Helper()
	const signature = 8
	out := bytes.Clone(file[:signature])
	for rest := file[signature:]; len(rest) > 0; {
		size := int(binary.BigEndian.Uint32(rest))
		kind, data := string(rest[4:8]), string(rest[8:8+size])
		rest = rest[12+size:]
		if kind == "iTXt" {
			keyword, value, found := bytes.Cut([]byte(data), []byte("\x00\x00\x00\x00\x00"))
			require.True(t, found)
			kind, data = write(string(keyword), string(value))
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, kind+data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data)))
	}
	return out
}

// TestRewrittenTextsAreRead: libvips makes zTXt of texts, Pillow iTXt that is compressed, others tEXt.
func TestRewrittenTextsAreRead(t *testing.T) {
	t.Parallel()
	packed := func(text string) string {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return out.String()
	}
	s := parse(t, `{"width":60,"height":70,"coloring":{"palette":"fire"}}`)
	for name, write := range map[string]func(keyword, value string) (kind, data string){
		"tEXt": func(keyword, value string) (string, string) { return "tEXt", keyword + "\x00" + value },
		"zTXt": func(keyword, value string) (string, string) { return "zTXt", keyword + "\x00\x00" + packed(value) },
		"iTXt": func(keyword, value string) (string, string) { return "iTXt", keyword + "\x00\x00\x00\x00\x00" + value },
		"compressed iTXt": func(keyword, value string) (string, string) {
			return "iTXt", keyword + "\x00\x01\x00\x00\x00" + packed(value)
		},
	} {
		p, err := renderer.OpenPicture(bytes.NewReader(rewritten(t, writePNG(t, s, renderer.Options{}), write)))
		require.NoError(t, err, name)
		assert.Equal(t, s, p.Spec, name)
		rows, err := p.Verify(t.Context(), 0, renderer.Options{})
		require.NoError(t, err, name)
		assert.Equal(t, 70, rows, name)
	}
}

// TestGrayIsGray: a picture of grays has one channel, of the depth that is asked for.
func TestGrayIsGray(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]renderer.Format{
		`"coloring":{"palette":"gray"}`:                                         renderer.Gray8,
		`"depth":16,"coloring":{"palette":"gray"}`:                              renderer.Gray16,
		`"depth":16,"samples":3,"coloring":{"palette":"gray","method":"slope"}`: renderer.Gray16,
		`"depth":16,"coloring":{"palette":"gray","interior":"#ff0000"}`:         renderer.RGB16,
		`"coloring":{"method":"set"}`:                                           renderer.Gray1,
		`"depth":8,"coloring":{"method":"set"}`:                                 renderer.Gray8,
		`"depth":16,"coloring":{"method":"set"}`:                                renderer.Gray1,
	} {
		s := parse(t, `{"width":61,"height":45,`+text+`}`)
		file := writePNG(t, s, renderer.Options{})
		p, err := renderer.OpenPicture(bytes.NewReader(file))
		require.NoError(t, err)
		_, err = p.Verify(t.Context(), 0, renderer.Options{})
		require.NoError(t, err, text)
		pixels := render(t, s, renderer.Options{})
		assert.Equal(t, want, pixels.Format, text)
		image, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err)
		for y := range 45 {
			for x := range 61 {
				r, g, b, _ := image.At(x, y).RGBA()
				r2, g2, b2 := colorAt(pixels, x, y)
				require.Equal(t, [3]uint32{r, g, b}, [3]uint32{r2, g2, b2}, text)
			}
		}
	}
}

// TestGrayIsTheColoursOfIt: the one channel is what each of three would be, and a file that has three is verified.
func TestGrayIsTheColoursOfIt(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"smooth", "slope"} {
		gray := parse(t, `{"width":61,"height":45,"depth":16,"samples":3,"coloring":{"palette":"gray","method":"`+method+`"}}`)
		// The inside of this is no gray, and the view has none of it.
		color := changed(t, gray, func(d *spec.Draft) { d.Coloring.Interior = "#010000" })
		one, three := render(t, gray, renderer.Options{}), render(t, color, renderer.Options{})
		file := bandpng.Head(bandpng.Header{Width: 61, Height: 45, Format: bandpng.RGB16, Text: []bandpng.Text{
			{Keyword: "mandelfarm", Value: string(gray.Canonical())}, {Keyword: "Software", Value: "mandelfarm renderer " + spec.Version},
		}})
		var wide []byte
		for at := 0; at < len(one.Pix); at += 2 {
			inside := one.Pix[at] == 0 && one.Pix[at+1] == 0
			for i := range 3 {
				wide = append(wide, one.Pix[at:at+2]...)
				got := three.Pix[3*at+2*i : 3*at+2*i+2]
				if i > 0 && !inside { // samples of the inside are in the first channel
					require.Equal(t, one.Pix[at:at+2], got, "%s at %d", method, at)
				}
			}
		}
		var pool bandpng.Pool
		file, sum := pool.Get().AppendSegment(file, bandpng.RGB16, 61, wide)
		p, err := renderer.OpenPicture(bytes.NewReader(append(file, bandpng.Tail(sum)...)))
		require.NoError(t, err)
		_, err = p.Verify(t.Context(), 0, renderer.Options{})
		require.NoError(t, err)
	}
}
