// Package validate holds the tests that keep the files of deployment true: the
// Dockerfile, docker-compose.yml and the Kubernetes manifests. It is a module of
// its own, so that the farm's module graph stays free of Kubernetes and Compose.
//
// # What is proved
//
// The program is built, and everything the files say of it is held against it:
// each variable and each flag is a setting of the command that is given it, each
// value is accepted, what a command requires is there, the time that a stop may
// take is longer than the command takes, and the queue's lists that workers are
// scaled by are those that the running program pushes to.
//
// The files themselves are read as strictly as their readers do: Dockerfile by
// BuildKit's own parser, compose by compose-go, manifests into the types of their
// kinds, raw and as kustomize builds them. Names, selectors, ports and references
// between them must meet.
//
// # What is not
//
// No image is built or pulled and no cluster is asked, so that the tests need
// neither: that a tag exists, and that a cluster admits a manifest, they cannot
// tell. TestOnEngine does build the image, and runs the farm in containers, where
// it is asked to: make compose-real.
package validate
