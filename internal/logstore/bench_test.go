package logstore

import (
	"bytes"
	"testing"
)

// BenchmarkTask opens, writes a line and closes: what a short task pays.
func BenchmarkTask(b *testing.B) {
	w := newWriter(b, folderBucket(b, b.TempDir()), Options{})
	for i := range b.N {
		log := open(b, w, "1", "+w+task", i+1)
		log.Line(LevelInfo, "one line of a common length, as operators write them")
		closeLog(b, log)
	}
}

func BenchmarkLine(b *testing.B) {
	w := newWriter(b, folderBucket(b, b.TempDir()), Options{})
	log := open(b, w, "1", "+w+task", 1)
	for range b.N {
		log.Line(LevelInfo, "one line of a common length, as operators write them")
	}
	closeLog(b, log)
}

func BenchmarkOutput(b *testing.B) {
	w := newWriter(b, folderBucket(b, b.TempDir()), Options{})
	log := open(b, w, "1", "+w+task", 1)
	text := bytes.Repeat([]byte("a line that is as long as a line is, more or less\n"), 600)
	b.SetBytes(int64(len(text)))
	for range b.N {
		_, _ = log.Write(text)
	}
	closeLog(b, log)
}

func BenchmarkRead(b *testing.B) {
	bucket := folderBucket(b, b.TempDir())
	w := newWriter(b, bucket, Options{})
	log := open(b, w, "1", "+w+task", 1)
	text := bytes.Repeat([]byte("a line that is as long as a line is, more or less\n"), 600)
	for range 300 {
		_, _ = log.Write(text)
	}
	closeLog(b, log)
	b.SetBytes(int64(300 * len(text)))
	b.ResetTimer()
	for range b.N {
		readAll(b, bucket, "1", ReadOptions{})
	}
}
