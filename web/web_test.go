package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
	"mandelfarm/web"
)

// part is what stands between two texts in the page.
func part(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(web.Index()), from)
	require.True(t, ok, "the page has no %q", from)
	inside, _, ok := strings.Cut(rest, to)
	require.True(t, ok, "the page has no %q after %q", to, from)
	return inside
}

// options are the values of an HTML list.
func options(list string) (values []string) {
	for _, match := range regexp.MustCompile(`<option(?: value="(.*?)")?>(.*?)</option>`).FindAllStringSubmatch(list, -1) {
		if strings.HasPrefix(match[0], "<option value=") {
			values = append(values, match[1])
		} else {
			values = append(values, match[2])
		}
	}
	return values
}

func names[T ~string](values []T) (texts []string) {
	for _, v := range values {
		texts = append(texts, string(v))
	}
	return texts
}

// TestThePageOffersWhatThereIs: formulas, ways to colour and palettes, in the farm's order, the default first.
func TestThePageOffersWhatThereIs(t *testing.T) {
	t.Parallel()
	require.Equal(t, names(spec.Formulas()), options(part(t, `<select name="formula">`, "</select>")))
	methods := names(spec.Methods())
	methods[0] = "" // the farm's to choose
	require.Equal(t, methods, options(part(t, `<select name="coloring">`, "</select>")))
	require.Equal(t, names(spec.Palettes()), options(part(t, `<datalist id="palettes">`, "</datalist>")))
	require.Contains(t, string(web.Index()), fmt.Sprintf(`name="power" type="number" min="2" max="%d"`, spec.MaxPower))
}

// TestThePagesHomesAreTheFarms: the view that the page goes to for a formula and a power is the one that the farm draws
// where none is given.
func TestThePagesHomesAreTheFarms(t *testing.T) {
	t.Parallel()
	type home struct{ Re, Im, Radius string }
	homes := make(map[string]home)
	require.NoError(t, json.Unmarshal([]byte(part(t, "const homes = ", "\nconst ")), &homes))
	require.Contains(t, string(web.Index()), "homes[`${formula} ${form.elements.power.value || 3}`] || homes[formula]")
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
