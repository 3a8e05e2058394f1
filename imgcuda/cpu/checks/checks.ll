; The functions that a checked kernel calls for each memory access, loop and barrier. `instrument` emits the calls, and
; `checked_session` prepares the memory of the checks and reads the notes.
;
; %check points to cells of eight bytes:
;   0 the reports   1 the block   2 the thread of the first lane, -1 for all threads   3 the epoch
;   4 the block's first epoch   5 whether to stop   6 how often a loop may go round   7 how many buffers there are
;   8 whether blocks may read what others wrote   9 whether a NaN is a mistake   10 - 15 memory for invalid accesses
; and behind them, from cell 16, six for each buffer:
;   0 its address   1 its bytes   2 the bytes of a unit, for which notes are kept   3 the accesses to each unit, or null
;   4 which units were written, a byte each, or null   5 whether it is shared memory
;
; An epoch lasts from barrier to barrier in one block; they are counted through the launch. Two threads may touch the
; same unit, one of them writing, in different epochs of one block only. The accesses to a unit are noted as
; { writer, its epoch, reader, its epoch }, threads counted from 1; -1 stands for several, -2 for an atomic operation.

define internal void @check_note(ptr %check, i64 %site, i64 %kind, i64 %thread, i64 %buffer, i64 %offset, i64 %other) noinline {
  ; A report has eight cells: how many there were, and of the first the block, thread, buffer, offset and other thread.
  %reports = load ptr, ptr %check
  %of_site = mul i64 %site, 6
  %number = add i64 %of_site, %kind
  %report = getelementptr [8 x i64], ptr %reports, i64 %number
  %before = load i64, ptr %report
  %now = add i64 %before, 1
  store i64 %now, ptr %report
  %again = icmp ne i64 %before, 0
  br i1 %again, label %done, label %first
first:
  %block_at = getelementptr i64, ptr %check, i64 1
  %block = load i64, ptr %block_at
  %p1 = getelementptr i64, ptr %report, i64 1
  store i64 %block, ptr %p1
  %p2 = getelementptr i64, ptr %report, i64 2
  store i64 %thread, ptr %p2
  %p3 = getelementptr i64, ptr %report, i64 3
  store i64 %buffer, ptr %p3
  %p4 = getelementptr i64, ptr %report, i64 4
  store i64 %offset, ptr %p4
  %p5 = getelementptr i64, ptr %report, i64 5
  store i64 %other, ptr %p5
  br label %done
done:
  ret void
}

; Return the number of a lane's thread, from 1, or -1 where all threads of the block do this together.
define internal i64 @check_thread(ptr %check, i64 %lane) {
  %at = getelementptr i64, ptr %check, i64 2
  %base = load i64, ptr %at
  %all = icmp slt i64 %base, 0
  %plus = add i64 %base, %lane
  %number = add i64 %plus, 1
  %thread = select i1 %all, i64 -1, i64 %number
  ret i64 %thread
}

; Return whether some bytes stand at a place already.
define internal i1 @check_same(ptr %place, ptr %value, i64 %size) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %i, %size
  br i1 %more, label %body, label %same
body:
  %at_place = getelementptr i8, ptr %place, i64 %i
  %at_value = getelementptr i8, ptr %value, i64 %i
  %old = load i8, ptr %at_place
  %new = load i8, ptr %at_value
  %equal = icmp eq i8 %old, %new
  %next = add i64 %i, 1
  br i1 %equal, label %head, label %differ
same:
  ret i1 true
differ:
  ret i1 false
}

; Return how a thread's access is at odds with an earlier one: 0 not, 2 within the block, 3 with another block.
define internal i64 @check_clash(i64 %who, i64 %epoch, i64 %thread, i64 %now, i64 %first, i64 %shared) {
  %at_once = icmp eq i64 %epoch, %now
  %differ = icmp ne i64 %who, %thread
  %race = and i1 %at_once, %differ
  %touched = icmp ne i64 %epoch, 0
  %earlier = icmp ult i64 %epoch, %first
  %global = icmp eq i64 %shared, 0
  %by_other = and i1 %touched, %earlier
  %elsewhere = and i1 %by_other, %global
  %three = select i1 %elsewhere, i64 3, i64 0
  %kind = select i1 %race, i64 2, i64 %three
  ret i64 %kind
}

; Look at one unit that a thread reads (1), writes (2) or changes atomically (3), and note that it did.
define internal void @check_unit(ptr %check, ptr %buffer, i64 %number, i64 %unit, i64 %offset, i64 %site, i64 %thread, i64 %op, i1 %harmless) {
entry:
  %shared_at = getelementptr i64, ptr %buffer, i64 5
  %shared = load i64, ptr %shared_at
  %now_at = getelementptr i64, ptr %check, i64 3
  %now = load i64, ptr %now_at
  %first_at = getelementptr i64, ptr %check, i64 4
  %first = load i64, ptr %first_at
  %touched_at = getelementptr i64, ptr %buffer, i64 3
  %touched = load ptr, ptr %touched_at
  %written_at = getelementptr i64, ptr %buffer, i64 4
  %written = load ptr, ptr %written_at
  %reads = icmp ne i64 %op, 2
  %writes = icmp ne i64 %op, 1
  %atomic = icmp eq i64 %op, 3
  %has_written = icmp ne ptr %written, null
  %flag_at = getelementptr i8, ptr %written, i64 %unit
  br i1 %has_written, label %look, label %touching
look:
  %flag = load i8, ptr %flag_at
  %unset = icmp eq i8 %flag, 0
  %missing = and i1 %unset, %reads
  br i1 %missing, label %unwritten, label %set
unwritten:
  call void @check_note(ptr %check, i64 %site, i64 1, i64 %thread, i64 %number, i64 %offset, i64 0)
  br label %set
set:
  br i1 %writes, label %mark, label %touching
mark:
  store i8 1, ptr %flag_at
  br label %touching
touching:
  %has_touched = icmp ne ptr %touched, null
  %global = icmp eq i64 %shared, 0
  %free = and i1 %atomic, %global
  %free_not = xor i1 %free, true
  %look_on = and i1 %has_touched, %free_not
  br i1 %look_on, label %clashes, label %done
clashes:
  %cell = getelementptr [4 x i32], ptr %touched, i64 %unit
  %writer_epoch_at = getelementptr i32, ptr %cell, i64 1
  %reader_at = getelementptr i32, ptr %cell, i64 2
  %reader_epoch_at = getelementptr i32, ptr %cell, i64 3
  %writer32 = load i32, ptr %cell
  %writer_epoch32 = load i32, ptr %writer_epoch_at
  %reader32 = load i32, ptr %reader_at
  %reader_epoch32 = load i32, ptr %reader_epoch_at
  %writer = sext i32 %writer32 to i64
  %writer_epoch = zext i32 %writer_epoch32 to i64
  %reader = sext i32 %reader32 to i64
  %reader_epoch = zext i32 %reader_epoch32 to i64
  ; Shared memory is new in each block: what was written before its first epoch was not.
  %stale = icmp ult i64 %writer_epoch, %first
  %is_shared = xor i1 %global, true
  %never = and i1 %stale, %is_shared
  %unset_shared = and i1 %never, %reads
  br i1 %unset_shared, label %unwritten_shared, label %compare
unwritten_shared:
  call void @check_note(ptr %check, i64 %site, i64 1, i64 %thread, i64 %number, i64 %offset, i64 0)
  br label %compare
compare:
  %with_writer_any = call i64 @check_clash(i64 %writer, i64 %writer_epoch, i64 %thread, i64 %now, i64 %first, i64 %shared)
  %by_atomic = icmp eq i64 %writer, -2
  %both_atomic = and i1 %by_atomic, %atomic
  %may_read_at = getelementptr i64, ptr %check, i64 8
  %may_read = load i64, ptr %may_read_at
  %allowed = icmp ne i64 %may_read, 0
  %is_read = icmp eq i64 %op, 1
  %across = icmp eq i64 %with_writer_any, 3
  %fenced0 = and i1 %allowed, %is_read
  %fenced = and i1 %fenced0, %across
  %fine = or i1 %both_atomic, %fenced
  %with_writer = select i1 %fine, i64 0, i64 %with_writer_any
  %with_reader_any = call i64 @check_clash(i64 %reader, i64 %reader_epoch, i64 %thread, i64 %now, i64 %first, i64 %shared)
  %with_reader = select i1 %writes, i64 %with_reader_any, i64 0
  %writer_first = icmp ne i64 %with_writer, 0
  %kind0 = select i1 %writer_first, i64 %with_writer, i64 %with_reader
  %kind = select i1 %harmless, i64 0, i64 %kind0
  %other = select i1 %writer_first, i64 %writer, i64 %reader
  %wrong = icmp ne i64 %kind, 0
  br i1 %wrong, label %clash, label %keep
clash:
  call void @check_note(ptr %check, i64 %site, i64 %kind, i64 %thread, i64 %number, i64 %offset, i64 %other)
  br label %keep
keep:
  %now32 = trunc i64 %now to i32
  %thread32 = trunc i64 %thread to i32
  br i1 %writes, label %keep_writer, label %keep_reader
keep_writer:
  %as_writer = select i1 %atomic, i32 -2, i32 %thread32
  store i32 %as_writer, ptr %cell
  store i32 %now32, ptr %writer_epoch_at
  br label %done
keep_reader:
  ; What another block has read stays noted; two threads that read in one epoch become several.
  %read_now = icmp eq i64 %reader_epoch, %now
  %read_other = icmp ne i64 %reader, %thread
  %several = and i1 %read_now, %read_other
  %as_reader = select i1 %several, i32 -1, i32 %thread32
  %read_ever = icmp ne i64 %reader_epoch, 0
  %read_before = icmp ult i64 %reader_epoch, %first
  %elsewhere0 = and i1 %read_ever, %read_before
  %elsewhere = and i1 %elsewhere0, %global
  br i1 %elsewhere, label %done, label %keep_read
keep_read:
  store i32 %as_reader, ptr %reader_at
  store i32 %now32, ptr %reader_epoch_at
  br label %done
done:
  ret void
}

; Return the buffer that a place lies in, if it is not known from the source; -1 if in none.
define internal i64 @check_find(ptr %check, i64 %known, ptr %place) {
entry:
  %is_known = icmp sge i64 %known, 0
  %count_at = getelementptr i64, ptr %check, i64 7
  %count = load i64, ptr %count_at
  %address = ptrtoint ptr %place to i64
  br i1 %is_known, label %found_known, label %head
found_known:
  ret i64 %known
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %none
body:
  %behind = mul i64 %i, 6
  %cell = add i64 %behind, 16
  %buffer = getelementptr i64, ptr %check, i64 %cell
  %base = load i64, ptr %buffer
  %bytes_at = getelementptr i64, ptr %buffer, i64 1
  %bytes = load i64, ptr %bytes_at
  %offset = sub i64 %address, %base
  %inside = icmp ult i64 %offset, %bytes
  %next = add i64 %i, 1
  br i1 %inside, label %found, label %head
found:
  ret i64 %i
none:
  ret i64 -1
}

; Return whether a thread may touch a place at all; note what is wrong with it otherwise.
define internal i1 @check_place(ptr %check, i64 %known, ptr %place, i64 %size, i64 %site, i64 %thread, i64 %op, ptr %value) {
entry:
  %number = call i64 @check_find(ptr %check, i64 %known, ptr %place)
  %nowhere = icmp slt i64 %number, 0
  br i1 %nowhere, label %lost, label %somewhere
lost:
  call void @check_note(ptr %check, i64 %site, i64 0, i64 %thread, i64 -1, i64 0, i64 0)
  ret i1 false
somewhere:
  %behind = mul i64 %number, 6
  %at = add i64 %behind, 16
  %buffer = getelementptr i64, ptr %check, i64 %at
  %base = load i64, ptr %buffer
  %bytes_at = getelementptr i64, ptr %buffer, i64 1
  %bytes = load i64, ptr %bytes_at
  %address = ptrtoint ptr %place to i64
  %offset = sub i64 %address, %base
  %begins = icmp ule i64 %offset, %bytes
  %room = sub i64 %bytes, %offset
  %ends = icmp ule i64 %size, %room
  %inside = and i1 %begins, %ends
  br i1 %inside, label %aligning, label %outside
outside:
  call void @check_note(ptr %check, i64 %site, i64 0, i64 %thread, i64 %number, i64 %offset, i64 0)
  ret i1 false
aligning:
  %rest = urem i64 %address, %size
  %crooked = icmp ne i64 %rest, 0
  br i1 %crooked, label %misaligned, label %units
misaligned:
  call void @check_note(ptr %check, i64 %site, i64 5, i64 %thread, i64 %number, i64 %offset, i64 0)
  br label %units
units:
  %harmless = call i1 @check_value(ptr %place, ptr %value, i64 %size)
  %unit_at = getelementptr i64, ptr %buffer, i64 2
  %unit = load i64, ptr %unit_at
  %first = udiv i64 %offset, %unit
  %end = add i64 %offset, %size
  %last_byte = sub i64 %end, 1
  %last = udiv i64 %last_byte, %unit
  br label %head
head:
  %i = phi i64 [ %first, %units ], [ %next, %body ]
  %more = icmp ule i64 %i, %last
  br i1 %more, label %body, label %good
body:
  call void @check_unit(ptr %check, ptr %buffer, i64 %number, i64 %i, i64 %offset, i64 %site, i64 %thread, i64 %op, i1 %harmless)
  %next = add i64 %i, 1
  br label %head
good:
  ret i1 true
}

; Return whether a write changes nothing: then it is no race, whatever other thread accesses the place.
define internal i1 @check_value(ptr %place, ptr %value, i64 %size) {
  %writes = icmp ne ptr %value, null
  br i1 %writes, label %compare, label %no
compare:
  %same = call i1 @check_same(ptr %place, ptr %value, i64 %size)
  ret i1 %same
no:
  ret i1 false
}

; Check the places that the lanes of a mask read (1) or change atomically (3). Those that may not be touched, and those
; of other lanes, are replaced by one that may. Return the first active lane's.
define internal ptr @check_places(ptr %check, i64 %buffer, ptr %places, i64 %mask, i64 %width, i64 %size, i64 %site, i64 %op) noinline {
entry:
  %spare = getelementptr i64, ptr %check, i64 10
  br label %head
head:
  %lane = phi i64 [ 0, %entry ], [ %next, %after ]
  %result = phi ptr [ null, %entry ], [ %result_now, %after ]
  %more = icmp ult i64 %lane, %width
  br i1 %more, label %body, label %done
body:
  %at = getelementptr ptr, ptr %places, i64 %lane
  %shifted = lshr i64 %mask, %lane
  %bit = trunc i64 %shifted to i1
  br i1 %bit, label %active, label %spared
active:
  %place = load ptr, ptr %at
  %thread = call i64 @check_thread(ptr %check, i64 %lane)
  %good = call i1 @check_place(ptr %check, i64 %buffer, ptr %place, i64 %size, i64 %site, i64 %thread, i64 %op, ptr null)
  %safe = select i1 %good, ptr %place, ptr %spare
  br label %after
spared:
  br label %after
after:
  %kept = phi ptr [ %safe, %active ], [ %spare, %spared ]
  store ptr %kept, ptr %at
  %none_yet = icmp eq ptr %result, null
  %new = and i1 %none_yet, %bit
  %result_now = select i1 %new, ptr %kept, ptr %result
  %next = add i64 %lane, 1
  br label %head
done:
  %nobody = icmp eq ptr %result, null
  %returned = select i1 %nobody, ptr %spare, ptr %result
  ret ptr %returned
}

; Check and do the writes of the lanes of a mask. %float is the bits of a float that must not be NaN, or 0.
define internal void @check_write(ptr %check, i64 %buffer, ptr %places, i64 %mask, i64 %width, i64 %size, i64 %site, ptr %values, i64 %float) noinline {
entry:
  br label %head
head:
  %lane = phi i64 [ 0, %entry ], [ %next, %after ]
  %more = icmp ult i64 %lane, %width
  br i1 %more, label %body, label %done
body:
  %next = add i64 %lane, 1
  %shifted = lshr i64 %mask, %lane
  %bit = trunc i64 %shifted to i1
  br i1 %bit, label %active, label %after
active:
  %at = getelementptr ptr, ptr %places, i64 %lane
  %place = load ptr, ptr %at
  %distance = mul i64 %lane, %size
  %value = getelementptr i8, ptr %values, i64 %distance
  %thread = call i64 @check_thread(ptr %check, i64 %lane)
  %good = call i1 @check_place(ptr %check, i64 %buffer, ptr %place, i64 %size, i64 %site, i64 %thread, i64 2, ptr %value)
  br i1 %good, label %write, label %after
write:
  call void @llvm.memcpy.p0.p0.i64(ptr %place, ptr %value, i64 %size, i1 false)
  %nan = call i1 @check_nan(ptr %check, ptr %value, i64 %float)
  br i1 %nan, label %not_a_number, label %after
not_a_number:
  %number = call i64 @check_find(ptr %check, i64 %buffer, ptr %place)
  %offset = call i64 @check_offset(ptr %check, i64 %number, ptr %place)
  call void @check_note(ptr %check, i64 %site, i64 4, i64 %thread, i64 %number, i64 %offset, i64 0)
  br label %after
after:
  br label %head
done:
  ret void
}

define internal i64 @check_offset(ptr %check, i64 %number, ptr %place) {
  %behind = mul i64 %number, 6
  %at = add i64 %behind, 16
  %buffer = getelementptr i64, ptr %check, i64 %at
  %base = load i64, ptr %buffer
  %address = ptrtoint ptr %place to i64
  %offset = sub i64 %address, %base
  ret i64 %offset
}

; Return whether a float is NaN where that is a mistake: where no input had one.
define internal i1 @check_nan(ptr %check, ptr %value, i64 %float) {
  %matters_at = getelementptr i64, ptr %check, i64 9
  %matters = load i64, ptr %matters_at
  %off = icmp eq i64 %matters, 0
  br i1 %off, label %no, label %which
which:
  switch i64 %float, label %no [ i64 32, label %single i64 64, label %double ]
single:
  %f = load float, ptr %value, align 1
  %nan_f = fcmp uno float %f, %f
  ret i1 %nan_f
double:
  %d = load double, ptr %value, align 1
  %nan_d = fcmp uno double %d, %d
  ret i1 %nan_d
no:
  ret i1 false
}

; Check the elements that the lanes of a mask read (1), write (2) or copy (4) of an array of their own, of `count` elements. Those
; beyond it are replaced by the spare one behind the last. %written has a byte for each element and lane.
define internal void @check_private(ptr %check, ptr %indices, i64 %mask, i64 %width, i64 %count, ptr %written, i64 %site, i64 %op) noinline {
entry:
  br label %head
head:
  %lane = phi i64 [ 0, %entry ], [ %next, %after ]
  %more = icmp ult i64 %lane, %width
  br i1 %more, label %body, label %done
body:
  %next = add i64 %lane, 1
  %at = getelementptr i64, ptr %indices, i64 %lane
  %index = load i64, ptr %at
  %inside = icmp ult i64 %index, %count
  %safe = select i1 %inside, i64 %index, i64 %count
  store i64 %safe, ptr %at
  %shifted = lshr i64 %mask, %lane
  %bit = trunc i64 %shifted to i1
  br i1 %bit, label %active, label %after
active:
  %thread = call i64 @check_thread(ptr %check, i64 %lane)
  br i1 %inside, label %look, label %outside
outside:
  call void @check_note(ptr %check, i64 %site, i64 0, i64 %thread, i64 -1, i64 %index, i64 %count)
  br label %after
look:
  %row = mul i64 %index, %width
  %position = add i64 %row, %lane
  %flag_at = getelementptr i8, ptr %written, i64 %position
  %writes = icmp eq i64 %op, 2
  br i1 %writes, label %mark, label %read
mark:
  store i8 1, ptr %flag_at
  br label %after
read:
  %flag = load i8, ptr %flag_at
  %empty = icmp eq i8 %flag, 0
  %matters = icmp eq i64 %op, 1
  %unset = and i1 %empty, %matters
  br i1 %unset, label %unwritten, label %after
unwritten:
  call void @check_note(ptr %check, i64 %site, i64 1, i64 %thread, i64 -1, i64 %index, i64 %count)
  br label %after
after:
  br label %head
done:
  ret void
}

; Note that something is wrong for the first lane of a mask, if there is one.
define internal void @check_lanes(ptr %check, i64 %mask, i64 %site, i64 %kind, i64 %offset) noinline {
  %any = icmp ne i64 %mask, 0
  br i1 %any, label %wrong, label %done
wrong:
  %lane = call i64 @llvm.cttz.i64(i64 %mask, i1 true)
  %thread = call i64 @check_thread(ptr %check, i64 %lane)
  call void @check_note(ptr %check, i64 %site, i64 %kind, i64 %thread, i64 -1, i64 %offset, i64 0)
  br label %done
done:
  ret void
}

; Return whether a loop must end, having gone round so often; then the rest of the launch is not run either.
define internal i1 @check_loop(ptr %check, i64 %rounds, i64 %mask, i64 %site) noinline {
  %stopped_at = getelementptr i64, ptr %check, i64 5
  %stopped = load i64, ptr %stopped_at
  %stop = icmp ne i64 %stopped, 0
  br i1 %stop, label %end, label %look
look:
  %budget_at = getelementptr i64, ptr %check, i64 6
  %budget = load i64, ptr %budget_at
  %endless = icmp ugt i64 %rounds, %budget
  br i1 %endless, label %over, label %go_on
over:
  store i64 1, ptr %stopped_at
  call void @check_lanes(ptr %check, i64 %mask, i64 %site, i64 0, i64 %budget)
  br label %end
end:
  ret i1 true
go_on:
  ret i1 false
}
