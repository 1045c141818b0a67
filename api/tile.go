package api

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/renderer/spec"
)

// tile answers /tiles/{z}/{x}/{y}.png.
func (s *Server) tile(c *gin.Context) {
	y, isPNG := strings.CutSuffix(c.Param("file"), ".png")
	s.answerTile(c, y, isPNG, s.caching.brief, spec.TileFromQuery)
}

// dataTile answers /data/{version}/{z}/{x}/{y}. The address names the renderer's version, which is a part of what never
// changes: a client that keeps tiles would mix those of two versions otherwise.
func (s *Server) dataTile(c *gin.Context) {
	if c.Param("version") != spec.Version {
		s.fail(c, fmt.Errorf("%w: the version is %s", errVersion, spec.Version))
		return
	}
	s.answerTile(c, c.Param("y"), true, s.caching.immutable, spec.DataTileFromQuery)
}

// tileReader makes the Spec of a tile of a path and a query.
type tileReader func(z, x, y string, query map[string][]string) (spec.Spec, error)

// answerTile answers with the tile that read makes of a path and a query, if the path is one of a tile. It is kept as caching
// says.
func (s *Server) answerTile(c *gin.Context, y string, isPath bool, caching []string, read tileReader) {
	asked, err := s.targets.read(c.Request.URL, func() (*target, error) {
		z, x := c.Param("z"), c.Param("x")
		if !isPath || !isNumber(z) || !isNumber(x) || !isNumber(y) {
			return nil, errNoRoute
		}
		wanted, err := s.wantedTile(c.Request.URL, z, func(query url.Values) (spec.Spec, error) { return read(z, x, y, query) })
		if err != nil {
			return nil, err
		}
		return newTarget(wanted, caching), nil
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, asked)
}

// wantedTile is the Spec of a tile of level z. Where that is beyond a limit, z is the field at fault.
func (s *Server) wantedTile(u *url.URL, z string, read func(url.Values) (spec.Spec, error)) (spec.Spec, error) {
	query, err := parseQuery(u)
	if err != nil {
		return spec.Spec{}, err
	}
	wanted, err := read(query)
	if err != nil {
		return spec.Spec{}, err
	}
	err = s.allowed(wanted)
	fault, ok := errors.AsType[*spec.FieldError](err)
	if ok && (strings.HasPrefix(fault.Field, "center") || fault.Field == "radius") { // which follow from z
		fault.Field, fault.Value = "z", z
	}
	return wanted, err
}
