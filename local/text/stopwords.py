"""Words that say nothing about the subject of a question."""

#: English function words, and words that only phrase a question.
#: Negations are not among them: they matter to the answer.
STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any anybody are as at be because been before
    being below between both but by can could did do does doing done down during each either
    else ever every few for from further get had has have having he hence her here hers him his
    how i if in into is it its itself just let like many may me might mine more most much must
    my need of off on once one only or other our ours out over own per please same shall she
    should so some such than that the their them then there these they this those through to too
    under until up upon us very was we were what when where whether which while who whom whose
    why will with within would you your yours
    according describe explain find give happen happens kind kinds know list mean means regarding
    say says tell type types use used using
    """.split()
)
