"""One execution: who runs, who waits, what time it is.

Whatever a task calls in here may raise ``Abort``: the execution has been given up, and the task's
thread is to end. Times are seconds: virtual ones, unless it says real.
"""
