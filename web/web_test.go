package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/spec"
	"mandelfarm/web"
)

// file is one of the assets.
func file(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(web.Assets(), name)
	require.NoError(t, err)
	return string(content)
}

// part is what stands between two texts in a file.
func part(t *testing.T, name, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(file(t, name), from)
	require.True(t, ok, "%s has no %q", name, from)
	inside, _, ok := strings.Cut(rest, to)
	require.True(t, ok, "%s has no %q after %q", name, to, from)
	return inside
}

// firsts are the first words of pairs in a list of JavaScript.
func firsts(list string) (values []string) {
	for _, match := range regexp.MustCompile(`\['(.*?)',`).FindAllStringSubmatch(list, -1) {
		values = append(values, match[1])
	}
	return values
}

func names[T ~string](values []T) (texts []string) {
	for _, v := range values {
		texts = append(texts, string(v))
	}
	return texts
}

// TestModules runs the tests of the page's own modules.
func TestModules(t *testing.T) {
	t.Parallel()
	tests, err := filepath.Glob("tests/*.test.js")
	require.NoError(t, err)
	require.NotEmpty(t, tests)
	testenv.Node(t, append([]string{"--test"}, tests...)...)
}

// TestThePageOffersWhatThereIs: formulas and ways to colour, in the farm's words.
func TestThePageOffersWhatThereIs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, names(spec.Formulas()), firsts(part(t, "colourpanel.js", "const formulas = [", "]]")))
	assert.Equal(t, names(spec.Methods()), firsts(part(t, "colourpanel.js", "const methods = [", "]]")))
	assert.Contains(t, file(t, "colourpanel.js"), fmt.Sprintf("const maxPower = %d\n", spec.MaxPower))
	assert.Contains(t, file(t, "palettefields.js"), fmt.Sprintf("const mostStops = %d\n", spec.MaxStops))
}

// TestThePagesPalettesAreTheFarms, stop by stop.
func TestThePagesPalettesAreTheFarms(t *testing.T) {
	t.Parallel()
	var palettes map[string]string
	require.NoError(t, json.Unmarshal([]byte("{"+part(t, "palette.js", "export const palettes = {", "}")+"}"), &palettes))
	want := make(map[string]string)
	for _, name := range spec.Palettes() {
		var stops []string
		for _, stop := range name.Stops() {
			stops = append(stops, strings.TrimPrefix(string(stop.Color), "#")+"@"+stop.At.String())
		}
		want[string(name)] = strings.Join(stops, ",")
	}
	assert.Equal(t, want, palettes)
}

// TestThePageKnowsEveryParameter of a picture's query, so that no link loses any.
func TestThePageKnowsEveryParameter(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../renderer/spec/query.go")
	require.NoError(t, err)
	var want, got []string
	for _, match := range regexp.MustCompile(`(?m)^\t\t"(\w+)": `).FindAllStringSubmatch(string(source), -1) {
		want = append(want, match[1])
	}
	for _, match := range regexp.MustCompile(`'(\w+)'`).FindAllStringSubmatch(part(t, "parameters.js", "const groups = {", "\n}"), -1) {
		got = append(got, match[1])
	}
	require.NotEmpty(t, want)
	assert.ElementsMatch(t, want, got)
}

// TestThePageTakesWhatTheFarmTakes: values of a link, one by one.
func TestThePageTakesWhatTheFarmTakes(t *testing.T) {
	t.Parallel()
	values := map[string][]string{
		"re": {"1", "-.5", "+1.e-3", "1e", "bogus"}, "radius": {"1e-30", ".5", "0", "-1"}, "rotation": {"-30.5", "left"}, "power": {"3.0", "two"},
		"max_iterations": {"auto", "100", "1e3", "7x"}, "samples": {"4", "4.0"}, "smooth": {"false", "true", "1", "TRUE"}, "formula": {"multibrot 2"},
		"coloring": {"foo"}, "palette": {"fires", "000000@0,#Ffffff@0.5", "000000@0", "000000,ffffff", "000@0,fff@1"},
		"interior": {"#102030", "102030", "red"}, "range": {"1,2.5", "1", "a,b"}, "density": {"1e3", "much"}, "undecided": {"true", "marked"},
	}
	for _, f := range spec.Formulas() {
		values["formula"] = append(values["formula"], string(f))
	}
	for _, m := range spec.Methods() {
		values["coloring"] = append(values["coloring"], string(m))
	}
	for _, p := range spec.Palettes() {
		values["palette"] = append(values["palette"], string(p))
	}
	type taken struct {
		Name, Value string
		Taken       bool
	}
	var cases []taken
	for name, texts := range values {
		for _, text := range texts {
			_, err := spec.FromQuery(1, 1, url.Values{name: {text}})
			cases = append(cases, taken{name, text, err == nil})
		}
	}
	table, err := json.Marshal(cases)
	require.NoError(t, err)
	testenv.Node(t, "--input-type=module", "--eval", fmt.Sprintf(`import assert from 'node:assert'
		import { fits } from './assets/parameters.js'
		for (const { Name, Value, Taken } of %s) assert.equal(fits(Name, Value), Taken, Name + '=' + Value)`, table))
}

// TestThePagesHomesAreTheFarms: the view that the page goes to for a formula and a power is the one that the farm draws
// where none is given.
func TestThePagesHomesAreTheFarms(t *testing.T) {
	t.Parallel()
	type home struct{ Re, Im, Radius string }
	homes := make(map[string]home)
	for _, match := range regexp.MustCompile(`'([\w ]+)': \{ re: '(.*?)', im: '(.*?)', radius: '(.*?)' \}`).FindAllStringSubmatch(file(t, "parameters.js"), -1) {
		homes[match[1]] = home{match[2], match[3], match[4]}
	}
	checked := 0
	for _, formula := range spec.Formulas() {
		for power := range spec.MaxPower + 1 {
			s, err := spec.Normalize(spec.Draft{Formula: formula, Power: power, Width: 1, Height: 1})
			if err != nil {
				continue // not a power of this formula
			}
			got, special := homes[fmt.Sprintf("%s %d", formula, cmp.Or(power, 3))]
			if !special {
				got = homes[string(formula)]
			}
			require.Equal(t, home{s.Center.Re.String(), s.Center.Im.String(), s.Radius.String()}, got, "%s, power %d", formula, power)
			checked++
		}
	}
	require.Equal(t, len(spec.Formulas())+2*(spec.MaxPower-1), checked)
}

// TestThePlacesOfTheGalleryCanBeDrawn.
func TestThePlacesOfTheGalleryCanBeDrawn(t *testing.T) {
	t.Parallel()
	links := regexp.MustCompile(`\['(.*?)', '(.*?)'\]`).FindAllStringSubmatch(file(t, "gallery.js"), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		query, err := url.ParseQuery(link[2])
		require.NoError(t, err)
		_, err = spec.FromQuery(240, 135, query)
		assert.NoError(t, err, link[1])
	}
}

// TestNothingIsFetchedFromElsewhere: no file names another host, but for the names of vocabularies.
func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	t.Parallel()
	all := []string{web.Document()}
	entries, err := fs.ReadDir(web.Assets(), ".")
	require.NoError(t, err)
	for _, entry := range entries {
		require.False(t, entry.IsDir(), "assets lie in one folder")
		all = append(all, file(t, entry.Name()))
	}
	for _, text := range all {
		for _, found := range regexp.MustCompile(`(?:https?:)?//[a-z0-9-]+\.[a-z][^\s'"]*`).FindAllString(text, -1) {
			assert.Equal(t, "http://www.w3.org/2000/svg", found)
		}
	}
}
