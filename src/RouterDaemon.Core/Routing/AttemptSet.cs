using System.Runtime.CompilerServices;

namespace RouterDaemon.Core.Routing;

/// <summary>The deployments (by number in the snapshot) that a request tried already; at most <see cref="Capacity"/>.</summary>
public struct AttemptSet
{
    /// <summary>Most attempts remembered; further ones are ignored.</summary>
    public const int Capacity = 8;

    private Numbers _numbers;
    private int _count;

    /// <summary>Attempts remembered.</summary>
    public readonly int Count => _count;

    /// <summary>One of them, in the order they were tried.</summary>
    public readonly int this[int index] => _numbers[index];

    /// <summary>Remembers a deployment.</summary>
    public void Add(int deployment)
    {
        if (_count < Capacity && !Contains(deployment))
            _numbers[_count++] = deployment;
    }

    /// <summary>Whether it was tried.</summary>
    public readonly bool Contains(int deployment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_numbers[i] == deployment)
                return true;
        }

        return false;
    }

    [InlineArray(Capacity)]
    private struct Numbers
    {
        private int _first;
    }
}
