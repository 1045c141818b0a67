// Package cluster runs the farm's manifests on a Kubernetes control plane: etcd, API server, controller manager and scheduler as they
// are released, with KEDA's operator and adapter, all on loopback. `make k8s-real` builds them (tools/k8s, tools/keda) and runs it.
//
// There are no containers. One [kubelet] of our own is the only node: it starts a process of the program for each pod that the scheduler
// gives it, with the arguments and the environment of the pod's container, tells the API server what its probe says, and ends it by
// SIGTERM, with the time that the pod has, when the pod is deleted. So what decides how many workers there are, and which of them go, is
// Kubernetes' and KEDA's own code, and what draws is the farm's.
//
// What is not shown by it: images, limits of memory and cores, network policies.
//
// # Where to look
//
//	controlplane.go  the servers
//	keda.go          KEDA's two
//	apiserver.go     what the API server is asked
//	kubelet.go       the node
//	pod.go           a pod's process
//	apply_test.go    every overlay, applied and admitted
//	scaling_test.go  workers from the least to the most and back, while they draw
//	rolling_test.go  another version of the renderer, rolled out while they draw
package cluster
