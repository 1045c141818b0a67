package foreign

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

// TestLineEnds: the same file with any line ends, with a byte order mark, with blank lines, with and without a last end.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	for format, text := range map[Format]string{
		Kalles: kallesPlace + "Flat: 1\n", Fraktaler: fraktalerPlace + "[transform]\nexponential_map = true\n", Imagina: imaginaPlace + "Hue: 1\n",
	} {
		want := readText(t, format, text)
		require.Len(t, want.Losses, 1)
		variants := map[string]string{
			"CRLF":      strings.ReplaceAll(text, "\n", "\r\n"),
			"BOM":       "\xef\xbb\xbf" + text,
			"blank":     "\n \t\n" + strings.ReplaceAll(text, "\n", "\n\n"),
			"no end":    strings.TrimSuffix(text, "\n"),
			"trailing":  strings.ReplaceAll(text, "\n", " \t\n"),
			"UTF-16":    utf16Text(text),
			"BOM, CRLF": "\xef\xbb\xbf" + strings.ReplaceAll(text, "\n", "\r\n"),
		}
		if format != Fraktaler { // TOML has no lines that end so
			variants["CR"] = strings.ReplaceAll(text, "\n", "\r")
			variants["mixed"] = strings.Replace(strings.Replace(text, "\n", "\r\n", 1), "\n", "\r", 1)
		}
		for name, variant := range variants {
			assert.Equal(t, want, readText(t, format, variant), "%s with %s", format, name)
			found, err := Detect("", []byte(variant))
			require.NoError(t, err)
			assert.Equal(t, format, found, name)
		}
	}
}

// utf16Text is the text as Windows calls Unicode: UTF-16 with the low byte first, and a mark that says so.
func utf16Text(text string) string {
	data := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(text)) {
		data = append(data, byte(unit&255), byte(unit>>8))
	}
	return string(data)
}

// TestLinesAreCounted as an editor counts them, blank ones and those that are given twice included.
func TestLinesAreCounted(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		text := strings.ReplaceAll("\n\nRe: 0\n\nIm: 0\nZoom: x\n", "\n", end)
		assert.Contains(t, requireFault(t, Kalles, text, "Zoom"), "on line 6 ", "%q", end)
		text = strings.ReplaceAll("Location:\n\n\nno colon\n", "\n", end)
		assert.Contains(t, requireFault(t, Imagina, text, ""), "line 4 ", "%q", end)
	}
	assert.Contains(t, requireFault(t, Fraktaler, "\n\nx = = 1\n", ""), "line 3, column 5 must be TOML")
}

// TestSpaces around keys and values are not part of them, and of several colons the first one separates.
func TestSpaces(t *testing.T) {
	t.Parallel()
	want := readText(t, Kalles, kallesPlace)
	assert.Equal(t, want, readText(t, Kalles, "  Re :  -1.25 \n\tIm:0.5\nZoom\t: 8\nIterations:100\nImagPointsUp:\t1\n"))
	p := readText(t, Kalles, kallesPlace+"TextureEnabled: 1\nTextureFile: C:\\sky.jpg\n")
	assert.Contains(t, p.Losses[1].String(), `TextureFile: C:\sky.jpg: `)
	requireFault(t, Imagina, imaginaPlace+": 5\n", "")
	assert.Equal(t, readText(t, Imagina, imaginaPlace), readText(t, Imagina, strings.ReplaceAll(imaginaPlace, "\t", "   ")))
}

// TestDuplicates: the first counts and every other is a loss, also where they agree. TOML has none.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	p := readText(t, Kalles, kallesPlace+"Re: 7\nRe: -1.25\n")
	assert.Equal(t, "-1.25", p.Spec.Center.Re.String())
	assert.Equal(t, []Loss{
		{Key: "Re", Value: "-1.25", Reason: "is given again on line 6; line 1 counts"},
		{Key: "Re", Value: "-1.25", Reason: "is given again on line 7; line 1 counts"},
	}, p.Losses)
	p = readText(t, Imagina, imaginaPlace+"Other:\n\tRe: 7\nLocation:\n\tRe: 3\n")
	assert.Equal(t, "-1.25", p.Spec.Center.Re.String(), "keys of another parent are others")
	assert.Equal(t, []string{"is given again on line 9; line 2 counts"}, lossOf(p, "Location.Re"))
	assert.Contains(t, requireFault(t, Fraktaler, "image.width = 5\nimage.width = 6\n", ""), "line 2")
}

// TestLossesAreInTheFilesOrder, and those of absent keys behind them.
func TestLossesAreInTheFilesOrder(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, l := range readText(t, Kalles, "Flat: 1\nRe: 0\nSeedI: 1\nzz: 1\nIm: 0\naa: 1\nZoom: 1\n").Losses {
		keys = append(keys, l.Key)
	}
	assert.Equal(t, []string{"Flat", "SeedI", "zz", "aa", "Iterations"}, keys)
}

// TestAbridged: what strangers wrote fits a line of a terminal and is valid UTF-8.
func TestAbridged(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"short":                            "short",
		strings.Repeat("x", 48):            strings.Repeat("x", 48),
		strings.Repeat("x", 49):            strings.Repeat("x", 45) + "...",
		strings.Repeat("x", 44) + "ééééé":  strings.Repeat("x", 44) + "...",
		"\x1b[31mred\x00\r\n\u202e\xff":    "?[31mred?????",
		strings.Repeat("\xff", 60):         strings.Repeat("?", 45) + "...",
		"Größe 5 µm — no reason to change": "Größe 5 µm — no reason to change",
	} {
		got := abridge(text)
		assert.Equal(t, want, got)
		assert.True(t, utf8.ValidString(got))
	}
	p := readText(t, Kalles, kallesPlace+strings.Repeat("k", 99)+"\x07: "+strings.Repeat("v", 99)+"\n")
	assert.Equal(t, strings.Repeat("k", 45)+"...", p.Losses[0].Key)
	assert.Equal(t, strings.Repeat("v", 45)+"...", p.Losses[0].Value)
}

// TestColors are three numbers, the blue one first, spread evenly over a turn.
func TestColors(t *testing.T) {
	t.Parallel()
	many := func(n int) string { return strings.Repeat("1,2,3,", n) }
	for _, c := range []struct{ value, want string }{
		{"255,0,0,0,255,0,0,0,255,", "0000ff@0,00ff00@0.333333333,ff0000@0.666666666"},
		{" 10 , 2,3 ,4,50,6", "03020a@0,063204@0.5"},
		{"7,8,9", "090807@0,090807@0.5"}, // one colour, all the turn
		{many(kallesTurn), "030201@0,030201@0.5"},
	} {
		p := readText(t, Kalles, kallesPlace+"ColorMethod: 1\nColors: "+c.value+"\n")
		assert.Equal(t, spec.Palette(c.want), p.Spec.Coloring.Palette, "%.40s", c.value)
		assert.Empty(t, p.Losses)
	}
	for _, value := range []string{many(kallesTurn + 1), "1,2", "", ",", "1,2,256", "1,2,-1", "1,2,3.0", "1,,3", "1;2;3", "0x1,2,3"} {
		requireFault(t, Kalles, kallesPlace+"Colors: "+value+"\n", "Colors")
		requireFault(t, Kalles, kallesPlace+"InteriorColor: "+value+"\n", "InteriorColor")
	}
}

// TestDensity: a palette turns once in 1024 IterDiv of the root of the iterations, or as often from 0 to Iterations.
func TestDensity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lines, want string }{
		{"ColorMethod: 1\nIterDiv: 1\n", "0.0078125"},
		{"ColorMethod: 1\n", "0.0078125"},
		{"ColorMethod: 1\nIterDiv: 0.01\n", "0.78125"},
		{"ColorMethod: 0\nIterDiv: 1\n", "0.078125"}, // the root of 100 iterations as often
		{"IterDiv: 3\n", "0.0260417"},
		{"ColorMethod: 1\nIterDiv: 1e299\n", "7.8125e-302"},
		{"ColorMethod: 1\nIterDiv: 1e-11\n", "781250000"},
	} {
		p := readText(t, Kalles, kallesPlace+c.lines)
		assert.Equal(t, c.want, p.Spec.Coloring.Density.String(), c.lines)
	}
	for _, value := range []string{"0", "-1", "1e400", "-1e-400", "1e-400"} {
		requireFault(t, Kalles, kallesPlace+"ColorMethod: 1\nIterDiv: "+value+"\n", "IterDiv")
	}
	p := readText(t, Kalles, kallesPlace+"ColorMethod: 1\nIterDiv: 7e-13\n")
	assert.Equal(t, readText(t, Kalles, kallesPlace).Spec, p.Spec, "too dense: the default")
	assert.Contains(t, lossOf(p, "IterDiv")[0], "too small")
}

// TestOffsets are turns of 1024, and 0 if they are none.
func TestOffsets(t *testing.T) {
	t.Parallel()
	for offset, want := range map[string]string{"0": "0", "1": "0.0009765625", "512": "0.5", "512.9": "0.5", "1023": "0.9990234375", "1024": "0", "-1": "0", "1e9": "0"} {
		p := readText(t, Kalles, kallesPlace+"ColorOffset: "+offset+"\n")
		assert.Equal(t, want, p.Spec.Coloring.Offset.String(), offset)
		assert.Equal(t, want == "0" && offset != "0", len(p.Losses) == 1, offset)
	}
}

// TestRelief is SlopeRatio in percent, half if the file has none, and all at most.
func TestRelief(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]string{"": "0.5", "SlopeRatio: 0\n": "0", "SlopeRatio: 100\n": "1", "SlopeRatio: 4000\n": "1"} {
		p := readText(t, Kalles, kallesPlace+"Slopes: 1\n"+lines)
		assert.Equal(t, want, p.Spec.Coloring.Relief.String(), lines)
	}
}

// TestDecimalImagina: a Size with a decimal exponent of either sign makes all of the place decimal.
func TestDecimalImagina(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]string{"1e-1": "-1.4 0.1", "1E+00": "-1.4 1", "1": "-1.25 1", "1e": "-1.25 30"} {
		p := readText(t, Imagina, strings.Replace(imaginaPlace, "0.4", size, 1))
		assert.Equal(t, want, fmt.Sprint(p.Spec.Center.Re, " ", p.Spec.Radius), size)
	}
}
