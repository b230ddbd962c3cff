# Settings of nbgrader, for its own commands and for tools/homework.py and tools/grading/.
# Paths are relative to this folder.

c = get_config()  # noqa: F821  (nbgrader and Jupyter put this function here)

c.CourseDirectory.course_id = "rnncourse"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# What a learner finds where the solution was.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}

# An endless loop costs its own question, not the submission.
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": "this cell ran too long and was stopped: is there an endless loop?",
    "traceback": ["This cell ran too long and was stopped: is there an endless loop?"],
}
c.Execute.shutdown_kernel = "immediate"

# nbgrader gives a test that writes on stderr no marks: a warning is no reason for that.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "^"  # whatever was written

# A test cell that was deleted comes back.
c.OverwriteCells.add_missing_cells = True
