package cluster

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// kubelet is a node that has a process where others have a container. It is safe for concurrent use.
type kubelet struct {
	tb       testing.TB
	api      *apiServer
	programs map[string]string // that stand for images

	mu    sync.Mutex
	pods  map[types.UID]*pod
	ended []ending
	last  int // of the addresses that pods got
}

const (
	nodeName     = "node"
	lookInterval = 200 * time.Millisecond
	// beatInterval is below the 40 s after which a node that is silent is given up.
	beatInterval = 10 * time.Second
)

// startKubelet makes the node known, which works until the test ends. It has a program for each image.
func startKubelet(tb testing.TB, api *apiServer, programs map[string]string) *kubelet {
	tb.Helper()
	k := &kubelet{tb: tb, api: api, programs: programs, pods: map[types.UID]*pod{}}
	node := core.Node{ObjectMeta: meta.ObjectMeta{Name: nodeName}}
	require.NoError(tb, api.do(tb.Context(), http.MethodPost, "/api/v1/nodes", plain, node, nil))
	require.NoError(tb, k.beat(tb.Context()))
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	var running sync.WaitGroup
	running.Go(func() { every(ctx, beatInterval, k.beat) })
	running.Go(func() { every(ctx, lookInterval, k.look) })
	tb.Cleanup(func() { stop(); running.Wait() })
	return k
}

// every does something again and again. What fails, as all does while the API server is busy, is done the next time.
func every(ctx context.Context, interval time.Duration, do func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		_ = do(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// beat tells that the node is there, and is large.
func (k *kubelet) beat(ctx context.Context) error {
	room := core.ResourceList{
		core.ResourceCPU: resource.MustParse("100"), core.ResourceMemory: resource.MustParse("1Ti"), core.ResourcePods: resource.MustParse("200"),
	}
	ready := core.NodeCondition{
		Type: core.NodeReady, Status: core.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: meta.Now(), LastTransitionTime: meta.Now(),
	}
	status := core.Node{Status: core.NodeStatus{Capacity: room, Allocatable: room, Conditions: []core.NodeCondition{ready}}}
	return k.api.do(ctx, http.MethodPatch, "/api/v1/nodes/"+nodeName+"/status", patch, status, nil)
}

// look starts what is new and ends what is deleted.
func (k *kubelet) look(ctx context.Context) error {
	var list core.PodList
	if err := k.api.get(ctx, "/api/v1/pods?fieldSelector=spec.nodeName="+nodeName, &list); err != nil {
		return err
	}
	for _, p := range list.Items {
		k.mu.Lock()
		own, known := k.pods[p.UID]
		if !known {
			k.last++
			own = &pod{kubelet: k, object: p, address: fmt.Sprintf("127.1.%d.%d:8080", k.last/200, k.last%200+1), deleting: make(chan struct{})}
			k.pods[p.UID] = own
		}
		k.mu.Unlock()
		if !known {
			go own.run(ctx)
		}
		if p.DeletionTimestamp != nil {
			own.delete(p)
		}
	}
	return nil
}

// ready are the pods of a Deployment, by its component, that are ready and not about to end.
func (k *kubelet) ready(component string) (pods []*pod) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.pods {
		if p.component() == component && p.isReady() {
			pods = append(pods, p)
		}
	}
	return pods
}

// gone forgets a pod and notes how it ended.
func (k *kubelet) gone(p *pod, how ending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.pods, p.object.UID)
	k.ended = append(k.ended, how)
}

// endings are how the pods of a component ended, the earliest first.
func (k *kubelet) endings(component string) (all []ending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.ended {
		if e.component == component {
			all = append(all, e)
		}
	}
	return all
}
