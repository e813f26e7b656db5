namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>What a statement leaves behind for the loop around it.</summary>
internal enum JinjaFlow
{
    Next,
    Break,
    Continue,
}
