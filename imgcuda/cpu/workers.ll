; The threads of the CPU engine: they take the blocks of launches, and sleep while there are none. No lock of Python's is
; held here, so that all cores start at once.
;
; %pool points to memory of the caller's:
;   0 the mutex   64 what workers wait for: a launch   128 what callers wait for: the end of one
;   192 how many launches there have been   200 whether to end   208 the first launch that is not done   216 how many sleep
;
; %launch points to 20 cells of eight bytes, and behind them the kernel's arguments:
;   0 the kernel's entry point   1 its arguments   2 - 6 the grid's size, the bytes of dynamic shared memory, what checks note
;     or without checks, 1 if one thread runs all blocks, the address of lengths if each has copies of arrays
;   7 memory for what does not fit a stack, 0 if there is none   8 how much of it each thread may have
;   9 how many blocks there are   10 how many are taken at a time   11 how many threads may take part
;   12 the first block that nobody has taken (atomic)   13 how many threads take part, or took   14 how many are at work
;   15 the next launch that is not done
; Cells 13 to 15, and what is beyond the mutex in the pool, are only written by whoever holds the mutex.

; Take blocks of a launch and run them until none are left. %part numbers the threads that take part.
define void @take(ptr %launch, i64 %part) nounwind noinline {
entry:
  %copy = alloca [6 x i64], align 8
  %given_at = getelementptr i64, ptr %launch, i64 2
  call void @llvm.memcpy.p0.p0.i64(ptr %copy, ptr %given_at, i64 40, i1 false)
  %memory_at = getelementptr i64, ptr %launch, i64 7
  %memory = load i64, ptr %memory_at
  %size_at = getelementptr i64, ptr %launch, i64 8
  %size = load i64, ptr %size_at
  %offset = mul i64 %size, %part
  %own = add i64 %memory, %offset
  %heap_at = getelementptr i64, ptr %copy, i64 5
  store i64 %own, ptr %heap_at
  %kernel = load ptr, ptr %launch
  %arguments_at = getelementptr i64, ptr %launch, i64 1
  %arguments = load ptr, ptr %arguments_at
  %blocks_at = getelementptr i64, ptr %launch, i64 9
  %blocks = load i64, ptr %blocks_at
  %step_at = getelementptr i64, ptr %launch, i64 10
  %step = load i64, ptr %step_at
  %taken_at = getelementptr i64, ptr %launch, i64 12
  br label %more
more:
  %first = atomicrmw add ptr %taken_at, i64 %step monotonic, align 8
  %some = icmp slt i64 %first, %blocks
  br i1 %some, label %run, label %done
run:
  %end = add i64 %first, %step
  %beyond = icmp sgt i64 %end, %blocks
  %last = select i1 %beyond, i64 %blocks, i64 %end
  call void %kernel(ptr %arguments, ptr %copy, i64 %first, i64 %last)
  br label %more
done:
  ret void
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

; ---- threads as POSIX has them

declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_timedwait(ptr, ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @clock_gettime(i32, ptr)

define void @start(ptr %pool) nounwind {
  %launched = getelementptr i8, ptr %pool, i64 64
  %ended = getelementptr i8, ptr %pool, i64 128
  %r1 = call i32 @pthread_mutex_init(ptr %pool, ptr null)
  %r2 = call i32 @pthread_cond_init(ptr %launched, ptr null)
  %r3 = call i32 @pthread_cond_init(ptr %ended, ptr null)
  ret void
}

; What a worker does until the pool is closed.
define void @work(ptr %pool) nounwind {
entry:
  %launched = getelementptr i8, ptr %pool, i64 64
  %ended = getelementptr i8, ptr %pool, i64 128
  %count_at = getelementptr i8, ptr %pool, i64 192
  %closed_at = getelementptr i8, ptr %pool, i64 200
  %first_at = getelementptr i8, ptr %pool, i64 208
  %sleepers_at = getelementptr i8, ptr %pool, i64 216
  %r1 = call i32 @pthread_mutex_lock(ptr %pool)
  br label %look
look:  ; the mutex is held
  %fresh = phi i1 [ false, %entry ], [ false, %woken ], [ false, %waited ], [ true, %after ]
  %first = load ptr, ptr %first_at
  br label %candidate
candidate:
  %launch = phi ptr [ %first, %look ], [ %following, %next ]
  %none = icmp eq ptr %launch, null
  br i1 %none, label %idle, label %check
check:
  %blocks_at = getelementptr i64, ptr %launch, i64 9
  %blocks = load i64, ptr %blocks_at
  %most_at = getelementptr i64, ptr %launch, i64 11
  %most = load i64, ptr %most_at
  %taken_at = getelementptr i64, ptr %launch, i64 12
  %taken = load atomic i64, ptr %taken_at monotonic, align 8
  %part_at = getelementptr i64, ptr %launch, i64 13
  %part = load i64, ptr %part_at
  %more = icmp slt i64 %taken, %blocks
  %room = icmp slt i64 %part, %most
  %joins = and i1 %more, %room
  br i1 %joins, label %join, label %next
next:
  %following_at = getelementptr i64, ptr %launch, i64 15
  %following = load ptr, ptr %following_at
  br label %candidate
join:
  %part_after = add i64 %part, 1
  store i64 %part_after, ptr %part_at
  %active_at = getelementptr i64, ptr %launch, i64 14
  %active = load i64, ptr %active_at
  %more_active = add i64 %active, 1
  store atomic i64 %more_active, ptr %active_at monotonic, align 8
  %r2 = call i32 @pthread_mutex_unlock(ptr %pool)
  call void @take(ptr %launch, i64 %part)
  %r3 = call i32 @pthread_mutex_lock(ptr %pool)
  %active_now = load i64, ptr %active_at
  %less_active = sub i64 %active_now, 1
  store atomic i64 %less_active, ptr %active_at monotonic, align 8
  %last = icmp eq i64 %less_active, 0
  br i1 %last, label %tell, label %after
tell:
  %r4 = call i32 @pthread_cond_broadcast(ptr %ended)
  br label %after
after:
  br label %look
idle:  ; a closed pool still does what it was given
  %closed = load i64, ptr %closed_at
  %ends = icmp ne i64 %closed, 0
  br i1 %ends, label %leave, label %rest
rest:  ; another launch often follows soon: watch for it before sleeping
  br i1 %fresh, label %watch, label %sleep
watch:
  %seen = load i64, ptr %count_at
  %r5 = call i32 @pthread_mutex_unlock(ptr %pool)
  br label %spin
spin:
  %turn = phi i64 [ 0, %watch ], [ %turn_after, %again ]
  call void PAUSE
  %count = load atomic i64, ptr %count_at monotonic, align 8
  %same = icmp eq i64 %count, %seen
  br i1 %same, label %again, label %waited_first
again:
  %turn_after = add i64 %turn, 1
  %patient = icmp slt i64 %turn_after, SPINS
  br i1 %patient, label %spin, label %waited_first
waited_first:
  %r6 = call i32 @pthread_mutex_lock(ptr %pool)
  br label %waited
waited:
  br label %look
sleep:
  %sleepers = load i64, ptr %sleepers_at
  %sleepers_more = add i64 %sleepers, 1
  store i64 %sleepers_more, ptr %sleepers_at
  %r7 = call i32 @pthread_cond_wait(ptr %launched, ptr %pool)
  %sleepers_now = load i64, ptr %sleepers_at
  %sleepers_less = sub i64 %sleepers_now, 1
  store i64 %sleepers_less, ptr %sleepers_at
  br label %woken
woken:
  br label %look
leave:
  %r8 = call i32 @pthread_mutex_unlock(ptr %pool)
  ret void
}

; Give a launch to the workers, waking %wanted of them, and take part if %joins. Return as @finish does; -1 if the pool is
; closed, and may have no workers left.
define i32 @run(ptr %pool, ptr %launch, i64 %wanted, i32 %joins, i64 %nanoseconds) nounwind {
entry:
  %launched = getelementptr i8, ptr %pool, i64 64
  %count_at = getelementptr i8, ptr %pool, i64 192
  %closed_at = getelementptr i8, ptr %pool, i64 200
  %first_at = getelementptr i8, ptr %pool, i64 208
  %sleepers_at = getelementptr i8, ptr %pool, i64 216
  %part_at = getelementptr i64, ptr %launch, i64 13
  %following_at = getelementptr i64, ptr %launch, i64 15
  %part = zext i32 %joins to i64
  %r1 = call i32 @pthread_mutex_lock(ptr %pool)
  %closed = load i64, ptr %closed_at
  %refuses = icmp ne i64 %closed, 0
  br i1 %refuses, label %refuse, label %accept
refuse:
  %r0 = call i32 @pthread_mutex_unlock(ptr %pool)
  ret i32 -1
accept:
  store i64 %part, ptr %part_at
  %first = load ptr, ptr %first_at
  store ptr %first, ptr %following_at
  store ptr %launch, ptr %first_at
  %count = load i64, ptr %count_at
  %more = add i64 %count, 1
  store atomic i64 %more, ptr %count_at monotonic, align 8
  %sleepers = load i64, ptr %sleepers_at
  %r2 = call i32 @pthread_mutex_unlock(ptr %pool)
  %all = icmp sge i64 %wanted, %sleepers
  br i1 %all, label %wake_all, label %wake
wake_all:
  %any = icmp sgt i64 %sleepers, 0
  br i1 %any, label %broadcast, label %awake
broadcast:
  %r3 = call i32 @pthread_cond_broadcast(ptr %launched)
  br label %awake
wake:
  %woken = phi i64 [ 0, %accept ], [ %woken_after, %signal ]
  %enough = icmp sge i64 %woken, %wanted
  br i1 %enough, label %awake, label %signal
signal:
  %r4 = call i32 @pthread_cond_signal(ptr %launched)
  %woken_after = add i64 %woken, 1
  br label %wake
awake:
  %takes = icmp ne i32 %joins, 0
  br i1 %takes, label %join, label %wait
join:
  call void @take(ptr %launch, i64 0)
  br label %wait
wait:
  %done = call i32 @finish(ptr %pool, ptr %launch, i64 %nanoseconds)
  ret i32 %done
}

; Wait for the end of a launch, but not for longer than some time. Return 1 if it has ended, 0 if not.
define i32 @finish(ptr %pool, ptr %launch, i64 %nanoseconds) nounwind {
entry:
  %time = alloca [2 x i64], align 8
  %ended = getelementptr i8, ptr %pool, i64 128
  br label %spin
spin:
  %turn = phi i64 [ 0, %entry ], [ %turn_after, %again ]
  %early = call i1 @has_ended(ptr %launch)
  br i1 %early, label %lock, label %again
again:
  call void PAUSE
  %turn_after = add i64 %turn, 1
  %patient = icmp slt i64 %turn_after, SPINS
  br i1 %patient, label %spin, label %lock
lock:
  %r1 = call i32 @clock_gettime(i32 0, ptr %time)
  %part_at = getelementptr i64, ptr %time, i64 1
  %seconds = load i64, ptr %time
  %part = load i64, ptr %part_at
  %later = add i64 %part, %nanoseconds
  %carried = udiv i64 %later, 1000000000
  %rest = urem i64 %later, 1000000000
  %second = add i64 %seconds, %carried
  store i64 %second, ptr %time
  store i64 %rest, ptr %part_at
  %r2 = call i32 @pthread_mutex_lock(ptr %pool)
  br label %look
look:
  %done = call i1 @has_ended(ptr %launch)
  br i1 %done, label %forget, label %wait
wait:
  %late = call i32 @pthread_cond_timedwait(ptr %ended, ptr %pool, ptr %time)
  %waits = icmp eq i32 %late, 0
  br i1 %waits, label %look, label %unlock
forget:
  call void @forget(ptr %pool, ptr %launch)
  br label %unlock
unlock:
  %result = phi i32 [ 0, %wait ], [ 1, %forget ]
  %r3 = call i32 @pthread_mutex_unlock(ptr %pool)
  ret i32 %result
}

; Let nobody take more blocks of a launch.
define void @cancel(ptr %pool, ptr %launch) nounwind {
  %r1 = call i32 @pthread_mutex_lock(ptr %pool)
  %blocks_at = getelementptr i64, ptr %launch, i64 9
  %blocks = load i64, ptr %blocks_at
  %taken_at = getelementptr i64, ptr %launch, i64 12
  store atomic i64 %blocks, ptr %taken_at monotonic, align 8
  call void @forget(ptr %pool, ptr %launch)
  %r2 = call i32 @pthread_mutex_unlock(ptr %pool)
  ret void
}

; Let the workers end, each when it has run the blocks that it took.
define void @close(ptr %pool) nounwind {
  %launched = getelementptr i8, ptr %pool, i64 64
  %closed_at = getelementptr i8, ptr %pool, i64 200
  %r1 = call i32 @pthread_mutex_lock(ptr %pool)
  store i64 1, ptr %closed_at
  %r2 = call i32 @pthread_cond_broadcast(ptr %launched)
  %r3 = call i32 @pthread_mutex_unlock(ptr %pool)
  ret void
}

; Return whether all blocks are taken, and all that take part are done.
define internal i1 @has_ended(ptr %launch) nounwind {
  %blocks_at = getelementptr i64, ptr %launch, i64 9
  %blocks = load i64, ptr %blocks_at
  %taken_at = getelementptr i64, ptr %launch, i64 12
  %taken = load atomic i64, ptr %taken_at monotonic, align 8
  %active_at = getelementptr i64, ptr %launch, i64 14
  %active = load atomic i64, ptr %active_at monotonic, align 8
  %all = icmp sge i64 %taken, %blocks
  %idle = icmp eq i64 %active, 0
  %ended = and i1 %all, %idle
  ret i1 %ended
}

; Take a launch out of the list of those that are not done. The mutex is held.
define internal void @forget(ptr %pool, ptr %launch) nounwind {
entry:
  %first_at = getelementptr i8, ptr %pool, i64 208
  br label %look
look:
  %at = phi ptr [ %first_at, %entry ], [ %following_at, %next ]
  %each = load ptr, ptr %at
  %none = icmp eq ptr %each, null
  br i1 %none, label %done, label %compare
compare:
  %following_at = getelementptr i64, ptr %each, i64 15
  %found = icmp eq ptr %each, %launch
  br i1 %found, label %unlink, label %next
next:
  br label %look
unlink:
  %following = load ptr, ptr %following_at
  store ptr %following, ptr %at
  br label %done
done:
  ret void
}
