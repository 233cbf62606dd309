// Package logstore keeps the logs of tasks in a blob store while the tasks run:
// any worker writes, any client reads.
//
// The log of an attempt is a set of streams, one for each worker process that
// ran tasks of it, or more when there were long pauses. A stream is a row of
// chunks, the objects
//
//	logs/<attempt>/<start of the stream>-<worker>-<number>.ndjson
//
// with one JSON record a line. Three rules hold for them; all else follows.
//
//   - A chunk only grows. What a reader has read of it stays what it is.
//   - A chunk is final once the next one of its stream exists. So a writer ends a
//     chunk before it begins to store the next, and stores them one by one.
//   - A chunk has one name and one content wherever it is stored from. So storing
//     it again changes nothing.
//
// Growing chunks keep a day of sparse lines at some hundred objects instead of
// one for each half second; what it costs is that the same bytes are sent more
// than once, which ends at growLimit.
//
// Before a record goes anywhere it is in a file of the spool, which has a file
// for each chunk that is not final in the store. The files are the queue:
// nothing waits in memory. An attempt that no task writes for has no open file
// and, once all is stored, no goroutine; soon after, nothing is left of its
// stream. When a process dies, another one of the machine finds that nobody holds
// the lock of its folder, and stores the files under the names that they would
// have had. A record is safe from the death of its process when Write or Line
// returns, and safe from the loss of the machine when TaskLog.Close returns nil.
//
// An upload that failed may still arrive later. It is therefore repeated with
// the same bytes until it succeeds, before the chunk may grow.
package logstore
