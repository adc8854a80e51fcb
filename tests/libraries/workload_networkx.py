"""Small graphs of every kind, and the algorithms on them that loop, recurse and dispatch most."""

from __future__ import annotations

import networkx as nx
from networkx.utils import UnionFind, pairwise
from observed import Notes

PACKAGES = [
    "networkx.classes",
    "networkx.convert",
    "networkx.relabel",
    "networkx.utils.union_find",
    "networkx.utils.heaps",
    "networkx.utils.misc",
    "networkx.utils.decorators",
    "networkx.algorithms.shortest_paths",
    "networkx.algorithms.dag",
    "networkx.algorithms.traversal",
    "networkx.algorithms.components",
    "networkx.algorithms.flow.maxflow",
    "networkx.algorithms.flow.edmondskarp",
    "networkx.algorithms.matching",
    "networkx.algorithms.coloring",
]


def _graph(kind=nx.Graph):
    graph = kind()
    graph.add_nodes_from("abcdefg", color="red")
    for number, (one, two) in enumerate(["ab", "bc", "ca", "cd", "de", "ef", "fd", "ag"]):
        graph.add_edge(one, two, weight=number % 3 + 1, capacity=number + 1)
    return graph


def _classes(note, kind):
    graph = note(_graph, kind)
    note(lambda: (list(graph.nodes(data="color")), list(graph.edges(data=True)), str(graph)))
    note(lambda: (dict(graph.degree), dict(graph.adjacency()), graph["a"], "z" in graph))
    note(lambda: (graph.number_of_edges(), graph.size("weight"), graph.has_edge("a", "b")))
    note(lambda: sorted(graph.subgraph("abc").edges))
    note(lambda: (nx.to_dict_of_lists(graph), sorted(nx.relabel_nodes(graph, str.upper))))
    note(graph.remove_node, "z")
    note(graph.remove_edge, "a", "z")
    note(graph.add_edges_from, [("x",)])
    note(graph.add_node, None)
    note(lambda: graph.nodes["q"])
    note(lambda: graph.edges["a", "q"])
    note(lambda: list(graph.neighbors("nobody")))
    note(lambda: graph.to_undirected().nodes & {"a"})
    frozen = nx.freeze(graph.copy())
    note(frozen.add_node, "h")
    note(lambda: nx.compose(graph, kind([("y", "z")])).edges)


def _paths(note, graph):
    note(nx.shortest_path, graph, "a", "f", weight="weight")
    note(nx.shortest_path, graph, "f", "nowhere")
    note(lambda: dict(nx.all_pairs_shortest_path_length(graph)))
    note(lambda: list(nx.all_shortest_paths(graph, "a", "d")))
    note(nx.bellman_ford_path, graph, "a", "e")
    note(nx.astar_path, graph, "a", "f", heuristic=lambda one, two: 0)
    note(nx.bidirectional_dijkstra, graph, "a", "f")
    note(nx.floyd_warshall_predecessor_and_distance, graph)
    note(nx.johnson, graph, weight="weight")
    note(lambda: nx.dijkstra_path(graph, "a", "f", weight=lambda u, v, d: None))


def workload() -> list[object]:
    note = Notes()
    for kind in (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
        _classes(note, kind)
    plain, directed = _graph(), _graph(nx.DiGraph)
    _paths(note, plain)
    _paths(note, directed)
    dag = nx.DiGraph([(1, 2), (1, 3), (2, 4), (3, 4), (4, 5)])
    note(lambda: (list(nx.topological_generations(dag)), nx.dag_longest_path(dag)))
    note(lambda: list(nx.topological_sort(directed)))
    note(lambda: list(nx.lexicographical_topological_sort(dag, key=lambda node: -node)))
    note(lambda: sorted(nx.transitive_closure(dag).edges))
    note(lambda: (nx.ancestors(dag, 4), sorted(nx.antichains(dag))))
    note(lambda: list(nx.bfs_layers(plain, ["a"])))
    note(lambda: list(nx.dfs_labeled_edges(plain, "a")))
    note(lambda: list(nx.edge_bfs(directed, "a", orientation="ignore")))
    note(lambda: sorted(map(sorted, nx.strongly_connected_components(directed))))
    note(lambda: sorted(map(sorted, nx.biconnected_components(plain))))
    note(lambda: sorted(nx.articulation_points(plain)))
    note(nx.is_strongly_connected, plain)
    note(nx.is_connected, nx.Graph())
    note(nx.maximum_flow, plain, "a", "f")
    note(nx.minimum_cut, directed, "a", "f")
    note(nx.maximum_flow, plain, "a", "a")
    note(lambda: sorted(map(sorted, nx.max_weight_matching(plain))))
    note(nx.greedy_color, plain, strategy="DSATUR")
    note(nx.greedy_color, plain, strategy="nosuch")
    union = UnionFind("abcd")
    note(union.union, "a", "b")
    note(lambda: (sorted(map(sorted, union.to_sets())), list(pairwise("abc", cyclic=True))))
    note(lambda: union["a"] == union["b"])
    return note.taken
