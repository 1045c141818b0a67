package api

import (
	"fmt"
	"image"
	"math/bits"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/pyramid"
)

// Tiles have a pixel of each neighbour: without, OpenSeadragon draws each a pixel larger than it is, so that no seams show.
const (
	dziOverlap  = 1
	dziTileSide = pyramid.TileSide - 2*dziOverlap
)

// dziSide is the side of a picture as a Deep Zoom Image has it. OpenSeadragon takes the binary logarithm of the larger one in
// floating point, which comes out above 29 for 2^29: it would ask for one level more than there is. So such a picture is shown
// without its last row or column.
func dziSide(side int) int {
	if side == 1<<29 {
		return side - 1
	}
	return side
}

// dzi answers GET /jobs/{id}/image.dzi.
func (s *Server) dzi(c *gin.Context) {
	st, err := s.viewed(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	anyOrigin(c)
	s.keepDone(c, st)
	c.Data(http.StatusOK, "application/xml", fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="png" Overlap="%d" TileSize="%d"><Size Width="%d" Height="%d"/></Image>
`, dziOverlap, dziTileSide, dziSide(st.Spec.Width), dziSide(st.Spec.Height)))
}

// dziTile answers GET /jobs/{id}/image_files/{level}/{column}_{row}.{format}.
func (s *Server) dziTile(c *gin.Context) {
	level, column, row, e, ok := parseDZITile(c.Param("level"), c.Param("tile"))
	if !ok {
		s.fail(c, errNoRoute)
		return
	}
	st, err := s.viewed(c)
	var v pyramid.View
	if err == nil {
		if v, ok = dziView(dziSide(st.Spec.Width), dziSide(st.Spec.Height), level, column, row); !ok {
			err = errNoRoute
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sendView(c, st, wantedView{View: v, encoding: e})
}

func parseDZITile(levelText, file string) (level, column, row int, e encoding, ok bool) {
	name, extension, _ := strings.Cut(file, ".")
	columnText, rowText, _ := strings.Cut(name, "_")
	numbers := make([]int, 0, 3)
	for _, text := range []string{levelText, columnText, rowText} {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || !isNumber(text) {
			return 0, 0, 0, e, false
		}
		numbers = append(numbers, int(n))
	}
	e, ok = findEncoding(extension)
	return numbers[0], numbers[1], numbers[2], e, ok
}

// dziView is a tile of a level: at the greatest the picture has all its pixels, at level 0 one.
func dziView(width, height, level, column, row int) (v pyramid.View, ok bool) {
	greatest := bits.Len(uint(max(width, height) - 1))
	if level > greatest {
		return v, false
	}
	halvings := greatest - level
	size := pyramid.Size(width, height, halvings)
	if int64(column)*dziTileSide >= int64(size.X) || int64(row)*dziTileSide >= int64(size.Y) {
		return v, false
	}
	at := image.Pt(column*dziTileSide, row*dziTileSide)
	start := image.Pt(max(0, at.X-dziOverlap), max(0, at.Y-dziOverlap))
	end := image.Pt(min(size.X, at.X+dziTileSide+dziOverlap), min(size.Y, at.Y+dziTileSide+dziOverlap))
	v.Size = end.Sub(start)
	v.Region = image.Rect(start.X<<halvings, start.Y<<halvings, min(width, end.X<<halvings), min(height, end.Y<<halvings))
	return v, true
}
