// Package api is the farm's HTTP surface: it says what may be asked, finds or
// orders the picture, and turns every outcome into a status code.
//
//	GET    /                          page for a browser, the default picture for anything else
//	GET    /assets/{version}/{name}   the page's files (the page)
//	GET    /generate/{width}/{height} the picture, now (browsers, scripts)
//	GET    /tiles/{z}/{x}/{y}.png     a tile of a map (the page, map libraries)
//	GET    /data/{version}/{z}/...    the same as data (the page)
//	GET    /find                      the minibrot a view is about (the page, scripts)
//	POST   /jobs                      a Spec to be drawn, or another program's file (artists, scripts)
//	GET    /jobs                      the jobs, newest first
//	GET    /jobs/{id}                 one job's status
//	DELETE /jobs/{id}                 cancel; with ?purge=true remove what has ended
//	POST   /jobs/{id}/priority        change it, of a job that is open
//	POST   /jobs/{id}/pause, /resume  hold it, let it go on
//	POST   /jobs/{id}/retry           once more, after a failure or a cancellation
//	GET    /jobs/{id}/events          progress as server-sent events (the client, browsers)
//	GET    /jobs/{id}/image           a job's picture
//	GET    /jobs/{id}/image.dzi, ...  the same for viewers that zoom, tile by tile
//	GET    /jobs/{id}/iiif/...        the same as an image service (IIIF)
//	GET    /jobs/{id}/preview         the picture so far of a large one
//	GET    /jobs/{id}/history         who has worked on it
//	GET    /workers                   who draws, and what (operators)
//	POST   /workers/{name}/drain      have one take nothing more
//	GET    /queues                    what waits, and what is stuck (operators)
//	GET    /storage                   how much is stored, as it was last counted
//	GET    /operations                what operators did
//	GET    /healthz, /readyz          probes
//	GET    /metrics                   for Prometheus
//	GET    /openapi.json, /docs       all of this, for programs and to be read (package openapi)
//
// # How a picture is found
//
// By ID: in the memory of this process, in storage, and otherwise by a task on
// the interactive lane and waiting for the notice that it is stored. Requests
// for one ID in one process share a single search; processes share the task
// and the notice.
//
// Pictures never change under an ID, so the ID is the ETag. An address that has the ID
// or the renderer's version in it is kept by clients for ever, any other for a minute
// (caching.go). The ETag of what a Spec describes is known before its picture is:
// preconditions are judged without looking. Of a part of a large picture nothing
// else is read.
//
// # How a job is watched
//
// An event stream hears the notices of its job and sends the status when that
// has changed. Streams of one process about one job share the reading. An
// event's id is a hash of the status in it, so that a client can resume on any
// process.
//
// # Errors
//
// Every error is a problem document (RFC 9457). The table in problem.go is the
// only place where an error becomes a status.
package api
