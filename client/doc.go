// Package client lets a Go program hold an end of a loop of a daemon in another process. Open
// returns the type that package loop uses within a process, a *pcm.PCM: after the open, frames go
// through shared memory and need no system call except to sleep and to wake.
//
//	p, err := client.Open(ctx, client.FindSocket(), "loop0", pcm.Options{
//		Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
//	n, err := p.Write(ctx, frames)
//	err = p.Close(ctx)
//
// If the daemon dies, reads return what is left and then audio.ErrReset, as does every write;
// nothing hangs.
package client
