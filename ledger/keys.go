package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// The beginnings of all keys. The package's page says what lies under them.
const (
	imagePrefix   = "renders/"
	prepassPrefix = "prepass/"
	jobsPrefix    = "jobs/"
	openPrefix    = "open/"
	recentPrefix  = "recent/"
	pausedPrefix  = "paused/"

	operationsPrefix = "operations/"
	keysPrefix       = "keys/"
	webhooksPrefix   = "webhooks/"
)

// scrubKey holds how far the scrub has come, and what it has counted.
const scrubKey = "scrub"

const previewName = "preview.png"

func imageKey(id spec.ID, format spec.FileFormat) string {
	return imagePrefix + string(id) + format.Extension()
}

func prepassKey(key string) string { return prepassPrefix + key }

func pausedKey(id spec.ID) string { return pausedPrefix + string(id) }

func jobPrefix(id spec.ID) string  { return jobsPrefix + string(id) + "/" }
func jobKey(id spec.ID) string     { return jobPrefix(id) + "job.json" }
func historyKey(id spec.ID) string { return jobPrefix(id) + "history.json" }
func planKey(id spec.ID) string    { return jobPrefix(id) + "plan.json" }
func previewKey(id spec.ID) string { return jobPrefix(id) + previewName }

// parseJobKey reads the job of a key that is that of its record.
func parseJobKey(key string) (spec.ID, bool) {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, jobsPrefix), "/")
	id, err := spec.ParseID(name)
	return id, err == nil && jobKey(id) == key
}

// messagesPrefix begins the keys of the messages in a state. Those that are not over are in one place.
func messagesPrefix(state job.MessageState) string {
	folder := "open"
	switch state {
	case job.Delivered, job.Dead:
		folder = string(state)
	case job.Waiting, job.Owed:
	}
	return webhooksPrefix + folder + "/"
}

func messageKey(state job.MessageState, id string) string {
	return messagesPrefix(state) + id + ".json"
}

// parseMessageKey reads the ID of a message from the key of one in a state.
func parseMessageKey(state job.MessageState, key string) (id string, ok bool) {
	id = strings.TrimSuffix(strings.TrimPrefix(key, messagesPrefix(state)), ".json")
	return id, messageKey(state, id) == key && job.IsMessageID(id)
}

// numberFormat keeps the keys of a job's bands and runs in order.
const numberFormat = "%06d"

const bandsFolder = "bands/"

const levelsFolder = "levels/"

// levelKey is that of a level of a picture's pyramid, and levelIndexKey says what there is.
func levelKey(id spec.ID, level int) string {
	return jobPrefix(id) + levelsFolder + fmt.Sprintf(numberFormat, level) + ".png"
}

func levelIndexKey(id spec.ID) string { return jobPrefix(id) + levelsFolder + "index.json" }

func bandPrefix(id spec.ID) string { return jobPrefix(id) + bandsFolder }

func bandKey(id spec.ID, band int) string { return bandPrefix(id) + fmt.Sprintf(numberFormat, band) }

// startKey is stored when a run other than the first begins.
func startKey(id spec.ID, number int) string {
	return jobPrefix(id) + "runs/" + fmt.Sprintf(numberFormat, number)
}

func resultKey(id spec.ID, number int) string {
	if number == 0 {
		return jobPrefix(id) + "result.json"
	}
	return jobPrefix(id) + "results/" + fmt.Sprintf(numberFormat, number) + ".json"
}

func openKey(id spec.ID, number int) string {
	if number == 0 {
		return openPrefix + string(id)
	}
	return openPrefix + string(id) + "." + fmt.Sprintf(numberFormat, number)
}

// markerKey is the open marker of a run of a job.
func markerKey(j job.Job, number int) string {
	switch {
	case number == 0 && j.Layout == layoutEntry:
		return openEntryKey(j)
	case number == 0 && j.Layout == layoutGroup:
		return openGroupKey(j)
	}
	return openKey(j.ID, number)
}

// parseOpenKey reads which run an open marker is of.
func parseOpenKey(key string) (Marker, bool) {
	entry := strings.TrimPrefix(key, openPrefix)
	if isGroupPlace(entry) {
		return Marker{ID: groupOfKey(key), key: key, group: true}, true
	}
	if isPlace(entry) {
		id, _ := parsePlace(entry)
		return Marker{ID: id, key: key}, true
	}
	name, number, again := strings.Cut(entry, ".")
	id, err := spec.ParseID(name)
	m := Marker{ID: id, key: key}
	if err == nil && again {
		m.number, err = strconv.Atoi(number)
	}
	return m, err == nil && openKey(m.ID, m.number) == key
}

// parseNumber reads the number of a band or run from a key that begins with prefix.
func parseNumber(key, prefix string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(key, prefix))
	return n, err == nil
}

// parsePartKey reads the job of a key of one of its bands, or of the mark that it is paused.
func parsePartKey(key string) (spec.ID, bool) {
	name, paused := strings.CutPrefix(key, pausedPrefix)
	if !paused {
		var part string
		if name, part, _ = strings.Cut(strings.TrimPrefix(key, jobsPrefix), "/"); !strings.HasPrefix(part, bandsFolder) {
			return "", false
		}
	}
	id, err := spec.ParseID(name)
	return id, err == nil
}

const (
	timeDigits = 13
	lastMilli  = 9_999_999_999_999 // 13 digits: until the year 2286
)

// The digits of a place are in folders of a thousand seconds and of one, so that none has many more names than jobs are
// accepted in a second: a server that keeps files reads and sorts all names of a folder to list some of them.
const (
	farDigits  = 7
	nearDigits = 10
)

// place is where a job is in the index: the newest first in the order of keys.
func place(j job.Job) string {
	down := countdown(j.AcceptedAt)
	return down[:farDigits] + "/" + down[farDigits:nearDigits] + "/" + down[nearDigits:] + "-" + string(j.ID)
}

func countdown(at time.Time) string { return fmt.Sprintf("%0*d", timeDigits, lastMilli-at.UnixMilli()) }

// isPlace reports whether an entry is one of [place].
func isPlace(entry string) bool {
	return len(entry) > nearDigits+2 && entry[farDigits] == '/' && entry[nearDigits+1] == '/' && strings.Count(entry, "/") == 2 && isFlatPlace(flat(entry))
}

// isFlatPlace reports whether an entry is that of a job whose layout is [layoutResult].
func isFlatPlace(entry string) bool {
	if len(entry) <= timeDigits || entry[timeDigits] != '-' {
		return false
	}
	_, noTime := strconv.ParseUint(entry[:timeDigits], 10, 64)
	_, noID := spec.ParseID(entry[timeDigits+1:])
	return noTime == nil && noID == nil
}

// flat is a place without folders.
func flat(entry string) string { return strings.ReplaceAll(entry, "/", "") }

// parsePlace reads the job of a place, in folders or not, and when it was accepted.
func parsePlace(entry string) (spec.ID, time.Time) {
	down, id, _ := strings.Cut(flat(entry), "-")
	milli, _ := strconv.ParseInt(down, 10, 64) // it is a place
	return spec.ID(id), time.UnixMilli(lastMilli - milli).UTC()
}

// recentKey is the index entry of a job. That of a job whose layout is not [layoutResult] is not there while its first run is open, nor when
// that has ended with a group.
func recentKey(j job.Job) string {
	if j.Layout == layoutResult {
		return recentPrefix + countdown(j.AcceptedAt) + "-" + string(j.ID)
	}
	return recentPrefix + place(j)
}

// openEntryKey is the index entry of a job whose layout is not [layoutResult], and its open marker, while its first run is open and in no group.
func openEntryKey(j job.Job) string { return openPrefix + place(j) }

// groupSuffix tells the place of a group from that of a job.
const groupSuffix = ".group"

// groupPlace is where the group of a job is in the index.
func groupPlace(j job.Job) string {
	return place(job.Job{ID: j.Group, AcceptedAt: j.AcceptedAt}) + groupSuffix
}

// openGroupKey is the marker of the group of a job while it is open, and endGroupKey its end.
func openGroupKey(j job.Job) string { return openPrefix + groupPlace(j) }
func endGroupKey(j job.Job) string  { return recentPrefix + groupPlace(j) }

// endGroupKeyOf is the key of the end of a group with a marker.
func endGroupKeyOf(openKey string) string {
	return recentPrefix + strings.TrimPrefix(openKey, openPrefix)
}

// isGroupPlace reports whether an entry is one of [groupPlace].
func isGroupPlace(entry string) bool {
	of, isGroup := strings.CutSuffix(entry, groupSuffix)
	return isGroup && isPlace(of)
}

// groupOfKey reads the group of a key that is one of a group.
func groupOfKey(key string) spec.ID {
	_, id, _ := strings.Cut(strings.TrimSuffix(key, groupSuffix), "-")
	return spec.ID(id)
}

// validCursor reports whether an entry without its prefix is one of the index.
func validCursor(entry string) bool { return isPlace(entry) || isFlatPlace(entry) }
