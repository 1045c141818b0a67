// Package ledger is the durable record of jobs: what was accepted, and how it
// ended. It lives in a [storage.Store], beside the images, and is the truth
// about a job. Redis may be lost entirely; whatever the ledger says is open is
// queued again from here.
//
// # Layout
//
//	renders/<id>.png             the image (written by a worker, not by this package);
//	                             .npy, .exr if that is the Spec's format
//	jobs/<id>/job.json           the Spec and when it was accepted; only the priority changes
//	open/<time>-<id>             present while work is owed: what a list shows of the job
//	recent/<time>-<id>           how the job ended: what a list shows of it from then on
//	jobs/<id>/result.json        the end once more, if it is no success, or when another run begins
//	jobs/<id>/history.json       who has worked on it, where the ends of its runs do not say so
//	paused/<id>                  present while the job is held; empty
//	operations/<time>-<random>   what an operator did, newest first; written once
//	keys/<id>.json               what is kept of a key ([access.Key]); written once
//	webhooks/<state>/<id>.json   what a webhook is to be told ([job.Envelope]); <state> is open, delivered or dead
//	prepass/<key>                a prepass that pictures of one view share (written by a worker)
//
// Of a job that is drawn in bands, until its image is stored:
//
//	jobs/<id>/plan.json          the bands; written once
//	jobs/<id>/bands/<n>          a band (written by a worker)
//	jobs/<id>/levels/<n>.png     the picture of a job that is done at half its size, a quarter, ...; made when somebody looks at it
//	jobs/<id>/levels/index.json  what there is of them; after all of them
//	jobs/<id>/preview.png        coarse base of the preview, at the end the preview; stays
//
// A job that has failed, was canceled or has lost its image may be asked for
// again. That is another run, with the same keys but for a number:
//
//	jobs/<id>/runs/<n>           the run has begun; empty, written once
//	jobs/<id>/results/<n>.json   how it ended; written once
//	open/<id>.<n>                present while work is owed; empty
//
// Small jobs that were accepted together, a group, have a record each and share the rest (groups.go):
//
//	open/<time>-<group>.group    present while the group is owed: what a list shows of its jobs
//	recent/<time>-<group>.group  how all of them ended, or that the group is dissolved: each is then as if it had been accepted alone
//
// Of jobs that earlier versions accepted, whose record has no layout, open/<id> is empty and the index entry is in recent/ from the
// start; their first run ends with result.json.
//
// The keys are in keys.go and no other package knows them. Records are read and
// written by the methods of [Ledger]; what is no record, such as an image, is an
// [Object], which others fill and read.
//
// The last run is the one that counts. Runs are numbered without gaps, so that it is
// found without listing anything. <time> in an index key counts milliseconds down
// from the largest 13-digit number, so that a listing in key order is newest first; its digits are in folders, of 7 and of 3.
//
// # Guarantees
//
//   - Accept returns after job.json and the open marker, which is the index entry, are
//     stored. Until then nothing is promised, and repeating Accept completes
//     whatever an interrupted one left half done. From then on, whatever process
//     dies when, the job has an end or an open marker.
//   - The first final state of a run wins: its end is created, never
//     overwritten by another, so a job that is both canceled and finished ends as one of
//     them for every reader. That holds for the end of a group as well, whether it says
//     how its jobs ended or that it is dissolved.
//   - An open marker may outlive its run's end for a while (a process died
//     between the two writes), never the other way round. [Ledger.Owed]
//     removes such left-overs as it meets them.
//   - An index entry is written after what it shows, and before the marker of a run
//     that has ended is removed. Between the two, a list is behind the record.
//
// # Damage
//
// A record may be damaged: the store says so, it does not parse, it is of something
// else, or its Spec has another ID. It is then as good as none, and made up for:
//
//	job      404 and in nobody's way, until the Spec is accepted again, or Audit finds
//	         what the index has of it; whatever else is on record of the job stays
//	result   the job is asked for again: the next run begins
//	plan     dropped with its bands, and made again
//	index    written again from the other records
//	marker   stored again, by Audit; that of a group by [Ledger.OwedGroup], which dissolves it
//	key      opens nothing, until it is removed
//	message  is not sent, until the webhook is named again
//
// [Options].Damage hears of all of it. A record of another version of the farm is
// not damaged, only of no use to this one: it says which ([spec.Spec.Version]).
//
// The ledger does not know what runs where: the state of an open job is always
// [job.Queued] here, and it is the queue that knows better.
package ledger
