package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mandelfarm/internal/testenv"
)

// pod is one that runs here.
type pod struct {
	kubelet  *kubelet
	object   core.Pod
	address  string        // that its process listens at
	deleting chan struct{} // closed when it is deleted

	mu    sync.Mutex
	isUp  bool
	grace time.Duration // that it has when it is deleted; 0 before
}

// ending is how a pod ended.
type ending struct {
	component string
	name      string
	took      time.Duration // from the deletion to the end of its process
	killed    bool          // since the grace was over
	crashes   int           // times that its process had ended by itself, or could not be started
}

func (p *pod) component() string { return p.object.Labels["app.kubernetes.io/component"] }

func (p *pod) url() string { return "http://" + p.address }

func (p *pod) isReady() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isUp && p.grace == 0
}

// delete has the pod end, if it is not about to.
func (p *pod) delete(o core.Pod) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grace == 0 {
		p.grace = max(time.Duration(*o.DeletionGracePeriodSeconds)*time.Second, time.Second)
		close(p.deleting)
	}
}

// run keeps a process running until the pod is deleted, and then tells the API server that it has gone.
func (p *pod) run(ctx context.Context) {
	how := ending{component: p.component(), name: p.object.Name}
	process := p.start(ctx)
	for !p.watch(ctx, process) {
		how.crashes++
		p.pause(ctx)
		process = p.start(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	how.took, how.killed = p.end(process)
	p.remove(ctx)
	p.kubelet.gone(p, how)
}

// pause is before a process is started again.
func (p *pod) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-p.deleting:
	case <-time.After(time.Second):
	}
}

// start starts the process, with the environment of the container and no other, but for where it listens: pods have one network here. It is
// nil if something of that is not there yet.
func (p *pod) start(ctx context.Context) *testenv.Process {
	container := p.object.Spec.Containers[0]
	environment, err := p.environment(ctx, container)
	if err != nil {
		return nil
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.kubelet.programs[container.Image], container.Args...) //nolint:gosec // the farm's program
	cmd.Env = slices.Concat(environment, []string{"LISTEN=" + p.address})
	return testenv.Start(p.kubelet.tb, cmd)
}

// watch probes a process, and returns true when the pod is deleted, false when the process has ended by itself.
func (p *pod) watch(ctx context.Context, process *testenv.Process) bool {
	if process == nil {
		select {
		case <-p.deleting:
			return true
		default:
			return ctx.Err() != nil
		}
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return true
		case <-p.deleting:
			return true
		case <-process.Done():
			p.tell(ctx, false)
			return false
		case <-tick.C:
			p.tell(ctx, p.isFit(ctx))
		}
	}
}

// isFit reports whether the readiness probe answers in its time.
func (p *pod) isFit(ctx context.Context) bool {
	probe := p.object.Spec.Containers[0].ReadinessProbe
	ctx, cancel := context.WithTimeout(ctx, time.Duration(probe.TimeoutSeconds)*time.Second)
	defer cancel()
	return answers(ctx, p.url()+probe.HTTPGet.Path)
}

// answers reports whether there is an answer of 200.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// tell tells the API server whether the pod is ready, if that has changed.
func (p *pod) tell(ctx context.Context, up bool) {
	p.mu.Lock()
	same := p.isUp == up
	p.mu.Unlock()
	if same {
		return
	}
	ready := core.ConditionFalse
	if up {
		ready = core.ConditionTrue
	}
	now := meta.Now()
	started := true
	status := core.Pod{Status: core.PodStatus{
		Phase: core.PodRunning, StartTime: &now,
		Conditions: []core.PodCondition{
			{Type: core.PodReady, Status: ready, LastTransitionTime: now},
			{Type: core.ContainersReady, Status: ready, LastTransitionTime: now},
		},
		ContainerStatuses: []core.ContainerStatus{{
			Name: p.object.Spec.Containers[0].Name, Ready: up, Started: &started, Image: p.object.Spec.Containers[0].Image,
			State: core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}},
		}},
	}}
	if p.kubelet.api.do(ctx, http.MethodPatch, p.path()+"/status", patch, status, nil) != nil {
		return // the next probe tells it
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isUp = up
}

func (p *pod) path() string {
	return "/api/v1/namespaces/" + p.object.Namespace + "/pods/" + p.object.Name
}

// end ends the process as a kubelet does: the hook, SIGTERM, and SIGKILL when the grace is over.
func (p *pod) end(process *testenv.Process) (took time.Duration, killed bool) {
	since := time.Now()
	if process == nil {
		return 0, false
	}
	if hook := p.object.Spec.Containers[0].Lifecycle; hook != nil && hook.PreStop != nil && hook.PreStop.Sleep != nil {
		<-time.After(time.Duration(hook.PreStop.Sleep.Seconds) * time.Second)
	}
	p.mu.Lock()
	left := p.grace - time.Since(since)
	p.mu.Unlock()
	err := process.Stop(left)
	return time.Since(since), err != nil
}

// remove tells the API server that nothing of the pod is left.
func (p *pod) remove(ctx context.Context) {
	for ctx.Err() == nil {
		at := meta.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: &meta.Preconditions{UID: &p.object.UID}}
		if p.kubelet.api.do(ctx, http.MethodDelete, p.path(), plain, at, nil) == nil {
			return
		}
		<-time.After(lookInterval)
	}
}

// environment is what the container is given.
func (p *pod) environment(ctx context.Context, c core.Container) (environment []string, err error) {
	for _, from := range c.EnvFrom {
		values, err := p.configMap(ctx, from.ConfigMapRef.Name)
		if err != nil {
			return nil, err
		}
		for name, value := range values {
			environment = append(environment, name+"="+value)
		}
	}
	for _, v := range c.Env {
		value, ok, err := p.value(ctx, v)
		if err != nil {
			return nil, err
		}
		if ok {
			environment = append(environment, v.Name+"="+value)
		}
	}
	return environment, nil
}

func (p *pod) configMap(ctx context.Context, name string) (map[string]string, error) {
	var found core.ConfigMap
	err := p.kubelet.api.get(ctx, "/api/v1/namespaces/"+p.object.Namespace+"/configmaps/"+name, &found)
	return found.Data, err
}

// value of a variable, and whether it has one.
func (p *pod) value(ctx context.Context, v core.EnvVar) (value string, ok bool, err error) {
	if v.ValueFrom == nil {
		return v.Value, true, nil
	}
	ref := v.ValueFrom.SecretKeyRef
	if ref == nil {
		return "", false, fmt.Errorf("%s: only Secrets are known here", v.Name)
	}
	var secret core.Secret
	if err := p.kubelet.api.get(ctx, "/api/v1/namespaces/"+p.object.Namespace+"/secrets/"+ref.Name, &secret); err != nil {
		return "", false, err
	}
	text, ok := secret.Data[ref.Key]
	if !ok && (ref.Optional == nil || !*ref.Optional) {
		return "", false, fmt.Errorf("no %[2]s in Secret %[1]s", ref.Name, ref.Key)
	}
	return string(text), ok, nil
}
