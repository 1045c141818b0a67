package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// node is a server of the farm's Redis that holds data.
type node struct {
	addr    string
	replica bool
}

// Topology is how the servers of the farm's Redis stand.
type Topology struct {
	Text    string   // who there is
	Missing []string // what is not as it should be
}

// Topology asks the servers, the Sentinels or the cluster who there is. The error is of a
// Redis that cannot be asked.
func (q *Queue) Topology(ctx context.Context) (Topology, error) {
	var t Topology
	var err error
	switch q.redis.form {
	case single:
		t.Text = "one server"
	case sentinel:
		t, err = q.watched(ctx)
	case cluster:
		t, err = q.spread(ctx)
	}
	return t, unavailable(err)
}

// nodes are the servers that hold data, or are to when another fails.
func (q *Queue) nodes(ctx context.Context) ([]node, error) {
	switch q.redis.form {
	case sentinel:
		_, nodes, err := q.askSentinels(ctx)
		return nodes, err
	case cluster:
		slots, err := q.rdb.ClusterSlots(ctx).Result()
		return nodesOf(slots), err
	case single:
	}
	return []node{{addr: q.redis.hosts[0]}}, nil
}

// watched is what Sentinels watch over.
func (q *Queue) watched(ctx context.Context) (Topology, error) {
	silent, nodes, err := q.askSentinels(ctx)
	if err != nil {
		return Topology{}, err
	}
	t := Topology{
		Text:    fmt.Sprintf("%d of %d Sentinels answer: primary %s, %d replicas", len(q.redis.hosts)-len(silent), len(q.redis.hosts), nodes[0].addr, len(nodes)-1),
		Missing: silent,
	}
	if len(nodes) == 1 {
		t.Missing = append(t.Missing, "no replica takes over if the primary fails")
	}
	return t, nil
}

// errSentinels: none answers.
var errSentinels = errors.New("no Sentinel answers")

// askSentinels asks each Sentinel for the primary and its replicas. The last that answers
// is believed; silent is what the others say.
func (q *Queue) askSentinels(ctx context.Context) (silent []string, nodes []node, err error) {
	for _, addr := range q.redis.hosts {
		said, err := q.askSentinel(ctx, addr)
		if err != nil {
			silent = append(silent, fmt.Sprintf("Sentinel %s: %s", addr, wordsOf(err)))
			continue
		}
		nodes = said
	}
	if nodes == nil {
		return nil, nil, fmt.Errorf("%w: %s", errSentinels, strings.Join(silent, "; "))
	}
	return silent, nodes, nil
}

func (q *Queue) askSentinel(ctx context.Context, addr string) ([]node, error) {
	s := q.redis.sentinel(addr)
	defer s.Close()
	primary, err := s.GetMasterAddrByName(ctx, q.redis.master).Result()
	if errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("it watches over no %s", q.redis.master)
	}
	if err != nil {
		return nil, err
	}
	replicas, err := s.Replicas(ctx, q.redis.master).Result()
	if err != nil {
		return nil, err
	}
	nodes := []node{{addr: net.JoinHostPort(primary[0], primary[1])}}
	for _, r := range replicas {
		if !strings.Contains(r["flags"], "s_down") {
			nodes = append(nodes, node{net.JoinHostPort(r["ip"], r["port"]), true})
		}
	}
	return nodes, nil
}

// spread is what a cluster has its keys on.
func (q *Queue) spread(ctx context.Context) (Topology, error) {
	slots, err := q.rdb.ClusterSlots(ctx).Result()
	if err != nil {
		return Topology{}, err
	}
	const all = 16384
	covered, alone, primaries, replicas := 0, 0, 0, 0
	for _, n := range nodesOf(slots) {
		if n.replica {
			replicas++
		} else {
			primaries++
		}
	}
	for _, s := range slots {
		covered += s.End - s.Start + 1
		if len(s.Nodes) == 1 {
			alone += s.End - s.Start + 1
		}
	}
	t := Topology{Text: fmt.Sprintf("a cluster of %d primaries and %d replicas", primaries, replicas)}
	if covered < all {
		t.Missing = append(t.Missing, fmt.Sprintf("%d of %d slots have no server", all-covered, all))
	}
	if alone > 0 && replicas > 0 {
		t.Missing = append(t.Missing, fmt.Sprintf("%d of %d slots have no replica", alone, all))
	}
	return t, nil
}

// nodesOf are the servers of a cluster, each once.
func nodesOf(slots []redis.ClusterSlot) []node {
	var nodes []node
	for _, s := range slots {
		for i, n := range s.Nodes {
			nodes = append(nodes, node{n.Addr, i > 0})
		}
	}
	slices.SortFunc(nodes, func(a, b node) int { return strings.Compare(a.addr, b.addr) })
	return slices.Compact(nodes)
}
