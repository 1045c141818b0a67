package api

import (
	"image"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openSeadragonLevels is how many levels below the first OpenSeadragon 6.1.1 takes an image to have, in the arithmetic of a browser.
func openSeadragonLevels(width, height int) int {
	return int(math.Ceil(math.Log(float64(max(width, height))) / math.Log(2)))
}

// TestSidesHaveTheLevelsThatViewersTakeThemToHave: at every power of two that a picture can have, and beside it.
func TestSidesHaveTheLevelsThatViewersTakeThemToHave(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 30, openSeadragonLevels(1<<29, 1), "which is wrong, and why such a side is not shown")
	for power := range 31 {
		for _, side := range []int{1<<power - 1, 1 << power, 1<<power + 1} {
			if side < 1 {
				continue
			}
			width := dziSide(side)
			asked := openSeadragonLevels(width, 1)
			v, ok := dziView(width, 1, asked, 0, 0)
			require.True(t, ok, "side %d", side)
			assert.Equal(t, v.Region.Size(), v.Size, "at the deepest level of a side of %d all its pixels are shown", side)
			v, ok = dziView(width, 1, 0, 0, 0)
			require.True(t, ok)
			assert.Equal(t, image.Pt(1, 1), v.Size, "at level 0 it is a pixel")
			assert.Equal(t, image.Rect(0, 0, width, 1), v.Region)
			_, ok = dziView(width, 1, asked+1, 0, 0)
			assert.False(t, ok, "there is no deeper level of a side of %d", side)
		}
	}
}
