using RouterDaemon.Core.Wire;

namespace RouterDaemon.Telemetry;

/// <summary>Names of task classes as they stand in <c>requests.task_type</c>.</summary>
internal static class TaskTypes
{
    /// <summary>The name of a class.</summary>
    public static string NameOf(TaskClass taskClass) => taskClass switch
    {
        TaskClass.Code => "coding",
        TaskClass.Structured => "structured",
        TaskClass.Tools => "tools",
        TaskClass.Long => "long",
        TaskClass.Media => "media",
        TaskClass.Completion => "completion",
        TaskClass.Embedding => "embedding",
        _ => "chat",
    };

    /// <summary>The class of a name; <see cref="TaskClass.Chat"/> for one that is not known.</summary>
    public static TaskClass ClassOf(string name)
    {
        for (var i = TaskClass.Chat; i <= TaskClass.Embedding; i++)
        {
            if (NameOf(i) == name)
            {
                return i;
            }
        }

        return TaskClass.Chat;
    }
}
