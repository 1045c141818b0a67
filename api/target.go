package api

import (
	"net/url"

	"github.com/maypok86/otter/v2"

	"mandelfarm/renderer/spec"
)

// target is what a request asks for: a Spec that is normalised and within the
// limits, and what follows from it.
type target struct {
	spec  spec.Spec
	id    spec.ID
	label label
}

// newTarget is the target of an address whose pictures are kept as caching says.
func newTarget(s spec.Spec, caching []string) *target {
	id := s.ID()
	return &target{spec: s, id: id, label: label{etag(id), caching}}
}

// targets remembers what the paths of recent requests ask for. Reading a query,
// checking it and computing an ID cost more than everything else that is done
// for a picture in memory.
type targets struct {
	cache *otter.Cache[address, *target]
}

// address is where a target was asked for.
type address struct{ path, query string }

// targetBytes bounds the memory of the targets; a path is seldom above 200
// bytes, so that some ten thousand are remembered.
const targetBytes = 8 << 20

func newTargets() targets {
	return targets{otter.Must(&otter.Options[address, *target]{
		MaximumWeight: targetBytes,
		Weigher: func(at address, _ *target) uint32 {
			const overhead = 800                                 // of an entry: the Spec, list nodes
			return uint32(len(at.path)+len(at.query)) + overhead //nolint:gosec // a path is shorter than a request's header
		},
	})}
}

// read returns what a URL asks for, by parse unless it is remembered. Errors are
// not remembered.
func (t targets) read(u *url.URL, parse func() (*target, error)) (*target, error) {
	at := address{u.Path, u.RawQuery}
	if asked, ok := t.cache.GetIfPresent(at); ok {
		return asked, nil
	}
	asked, err := parse()
	if err != nil {
		return nil, err
	}
	t.cache.Set(at, asked)
	return asked, nil
}
